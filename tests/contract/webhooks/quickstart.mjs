// The quickstart's way to react to events, asked about each line of standard input.
import { createInterface } from "node:readline";
import { verifySparxWebhook } from "./verify.js";

const indexed = [];
const reindex = async (data) => indexed.push(data);

async function POST(req) {
  const raw = await req.text();
  const sig = req.headers.get("x-sparx-signature") ?? "";
  if (!verifySparxWebhook(raw, sig, process.env.SPARX_WEBHOOK_SECRET)) {
    return new Response("bad signature", { status: 400 });
  }
  const event = JSON.parse(raw);
  if (event.type === "order.created") {
    await reindex(event.data);
  }
  return new Response("ok");
}

for await (const line of createInterface({ input: process.stdin })) {
  const { raw, headers, secret } = JSON.parse(line);
  process.env.SPARX_WEBHOOK_SECRET = secret;
  const body = Buffer.from(raw, "base64");
  const response = await POST(new Request("http://localhost/", { method: "POST", body, headers }));
  console.log(JSON.stringify([response.status, indexed.splice(0)]));
}
