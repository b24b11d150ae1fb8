// A receiver of webhooks. SPARX_WEBHOOK_SECRET=whsec_... node receiver.js
import { createServer } from "node:http";
import { verifySparxWebhook } from "./verify.js";

const secret = process.env.SPARX_WEBHOOK_SECRET;
const maxBytes = 1_000_000;
const seen = new Set(); // yours is a unique column of a table

async function bodyOf(request) {
  const pieces = [];
  let length = 0;
  for await (const piece of request) {
    length += piece.length;
    if (length <= maxBytes) pieces.push(piece);
  }
  return length <= maxBytes ? Buffer.concat(pieces) : null;
}

async function receive(request) {
  if (request.method !== "POST") return 405;
  const raw = await bodyOf(request);
  if (raw === null) return 413;
  if (!verifySparxWebhook(raw, request.headers["x-sparx-signature"], secret)) return 400;
  const event = JSON.parse(raw);
  if (!seen.has(event.id)) { // an event may arrive twice
    console.log(event.type, event.id); // yours does something
    seen.add(event.id);
  }
  return 204;
}

createServer((request, response) => {
  receive(request)
    .then((status) => response.writeHead(status).end())
    .catch(() => response.destroy());
}).listen(Number(process.env.PORT ?? 3000), "127.0.0.1");
