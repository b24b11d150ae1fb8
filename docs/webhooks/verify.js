// Whether a webhook is from Sparx, and from now. Copy this file; it needs nothing but Node.
import { createHmac, timingSafeEqual } from "node:crypto";

const SECRET = /^whsec_((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/;
const TIME = /^t=([0-9]{1,12})$/;
const SIGNATURE = /^v1=([0-9a-f]{64})$/;

/**
 * True if `sig`, the header X-Sparx-Signature, signs `raw`, the body as it arrived (a string, a
 * Buffer or a Uint8Array). `secret` is that of the subscription, `whsec_...`; `tolerance` is how
 * many seconds the signature may be old, or the clocks apart. False for anything else; never throws.
 */
export function verifySparxWebhook(raw, sig, secret, tolerance = 300) {
  if (typeof raw !== "string" && !(raw instanceof Uint8Array)) return false;
  if (typeof sig !== "string" || typeof secret !== "string" || typeof tolerance !== "number") return false;
  const key = SECRET.exec(secret)?.[1];
  const [first, ...rest] = sig.split(",");
  const sentAt = TIME.exec(first)?.[1];
  if (key === undefined || sentAt === undefined) return false;
  if (!(Math.abs(Date.now() / 1000 - Number(sentAt)) <= tolerance)) return false;
  const expected = createHmac("sha256", Buffer.from(key, "base64"))
    .update(`${sentAt}.`)
    .update(raw)
    .digest();
  // There are two while a new secret replaces the old one.
  const given = rest.map((part) => SIGNATURE.exec(part)?.[1]).filter(Boolean);
  return given.some((one) => timingSafeEqual(Buffer.from(one, "hex"), expected));
}
