"""A receiver of webhooks. SPARX_WEBHOOK_SECRET=whsec_... python3 receiver.py"""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from verify import verify_sparx_webhook

SECRET = os.environ["SPARX_WEBHOOK_SECRET"]
MAX_BYTES = 1_000_000
seen = set()  # yours is a unique column of a table


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_BYTES:
            return self.answer(413)
        raw = self.rfile.read(int(length))
        if not verify_sparx_webhook(raw, self.headers.get("X-Sparx-Signature"), SECRET):
            return self.answer(400)
        event = json.loads(raw)
        if event["id"] not in seen:  # an event may arrive twice
            print(event["type"], event["id"], flush=True)  # yours does something
            seen.add(event["id"])
        return self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "3000"))
    ThreadingHTTPServer(("127.0.0.1", port), Receiver).serve_forever()
