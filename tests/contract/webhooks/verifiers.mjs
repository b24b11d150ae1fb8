// Asks our verifier and the official packages about each line of standard input.
import { createInterface } from "node:readline";
import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";
import { verifySparxWebhook } from "./verify.js";

function accepts(Package, { raw, headers, secret }) {
  try {
    new Package(secret).verify(Buffer.from(raw, "base64"), headers);
    return true;
  } catch {
    return false;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  if ("values" in asked) {
    console.log(JSON.stringify(verifySparxWebhook(...asked.values)));
    continue;
  }
  const raw = Buffer.from(asked.raw, "base64");
  const sig = asked.headers["x-sparx-signature"];
  console.log(
    JSON.stringify({
      "verify.js": verifySparxWebhook(raw, sig, asked.secret),
      "verify.js of a text": verifySparxWebhook(raw.toString(), sig, asked.secret),
      "standardwebhooks of npm": accepts(Standard, asked),
      "svix of npm": accepts(Svix, asked),
    }),
  );
}
