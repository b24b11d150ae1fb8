"""Whether a webhook is from Sparx, and from now. Copy this file; it needs nothing but Python 3."""

import base64
import hashlib
import hmac
import re
import time

SECRET = re.compile(r"whsec_((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)")
TIME = re.compile(r"t=([0-9]{1,12})")
SIGNATURE = re.compile(r"v1=([0-9a-f]{64})")


def verify_sparx_webhook(raw, sig, secret, tolerance=300):
    """True if ``sig``, the header X-Sparx-Signature, signs ``raw``, the body as it arrived.

    ``secret`` is that of the subscription, ``whsec_...``; ``tolerance`` is how many seconds the
    signature may be old, or the clocks apart. False for anything else; never raises.
    """
    try:
        body = raw.encode() if isinstance(raw, str) else bytes(memoryview(raw))
        key = base64.b64decode(SECRET.fullmatch(secret)[1])
        parts = sig.split(",")
        sent_at = TIME.fullmatch(parts[0])[1]
        if not abs(time.time() - int(sent_at)) <= tolerance:
            return False
        expected = hmac.new(key, sent_at.encode() + b"." + body, hashlib.sha256).hexdigest()
        given = [found[1] for part in parts[1:] if (found := SIGNATURE.fullmatch(part))]
        # There are two while a new secret replaces the old one.
        return any(hmac.compare_digest(one, expected) for one in given)
    except (AttributeError, TypeError, ValueError):
        return False
