import uuid, string, random
from decimal import Decimal
import pytest

P = "/v1/shop/products"


def test_it(api, owner, activate, deactivate, installation):
    out = []

    def show(label, a):
        out.append((label, a.status, a.text[:200]))

    body = {"name": "x", "currency": "USD", "price": 10}
    for n in [Decimal("0e999999"), Decimal("0e99999"), Decimal("-0.0")]:
        show(f"price {n}", api.post(P, body | {"price": n}))
        show(f"weight {n}", api.post(P, body | {"weight": n}))
    rnd = random.Random(1)
    p = api.post(P, body).data["id"]
    perk = api.post("/v1/perks/perks", {"productId": p, "name": "k"})
    show("perk", perk)
    show("inc", api.get(P, query="include=perks"))
    show("deact", api.post("/v1/modules/perks/deactivate"))
    for _ in range(3):
        show("inc after", api.get(P, query="include=perks"))
    show("plain after", api.get(P))
    show("act", api.post("/v1/modules/perks/activate"))
    for _ in range(2):
        show("inc again", api.get(P, query="include=perks"))
    # scopes
    key = api.post("/v1/keys", {"name": "k", "scopes": ["read:perks"]}).data["key"]
    k = api.with_key(key)
    safe = api.post("/v1/vault/safes", {"code": "TOPSECRET"}).data["id"]
    api.post("/v1/perks/perks", {"productId": p, "name": "z", "safeId": safe})
    show("q by safe", k.get("/v1/perks/perks", query="q=topsec"))
    show("inc safe", k.get("/v1/perks/perks", query="include=safe"))
    for dbs in (
        "SELECT datcollate, datctype, datlocprovider, version() FROM pg_database WHERE datname=current_database()",
    ):
        out.append((owner.rows(dbs),))
    out.append((owner.rows("SELECT lower('ÄÖÜẞΣİ' COLLATE \"default\")"),))
    for q in ["q=PERKÄ"]:
        pass
    api.post(P, body | {"name": "Ärger ΟΔΟΣ Straße"})
    for w in ["ärger", "ÄRGER", "οδος", "οδοσ", "STRASSE", "straße", "STRAẞE", "rger"]:
        a = api.get(P, params={"q": w})
        out.append((w, a.meta["total"]))
    for l in out:
        print(*l, sep=" | ")
    assert 0
