"""What quotes are sent, and what is expected of answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from sparx_core.testing import Answer

PATH, PUBLIC = "/v1/crm/quotes", "/v1/crm/public/quotes"

#: AC-R3: 100 x 12.345, 154.31 off the line, 8.875 % on top.
LINE = {
    "sku": "INJ",
    "name": "Injector",
    "quantity": 100,
    "unitPrice": Decimal("12.345"),
    "discountAmount": Decimal("154.31"),
    "taxes": [{"name": "CA tax", "rate": Decimal("8.875")}],
}
SEVERAL = {
    "items": [
        LINE,
        {"sku": "B", "name": "Bolt", "quantity": 3, "unitPrice": Decimal("0.3333")},
        {
            "sku": "C",
            "name": "Core",
            "quantity": 7,
            "unitPrice": Decimal("10.99"),
            "taxInclusive": True,
            "taxes": [{"name": "VAT", "rate": 19}],
        },
    ],
    "discountAmount": Decimal("33.33"),
    "shippingLines": [
        {"name": "Ground", "amount": Decimal("12.5"), "taxes": [{"name": "VAT", "rate": 19}]}
    ],
    "terms": "30 days net.",
    "customerNote": "As discussed.",
    "internalNote": "Do not go lower.",
}
PLAIN = {"items": [{"sku": "S", "name": "Thing", "quantity": 2, "unitPrice": 10}]}

Maker = Callable[..., Any]
Watch = Callable[[], AbstractContextManager[None]]


def refused(answer: Answer, status: int, code: str) -> Any:
    assert (answer.status, answer.error["code"]) == (status, code), answer.text
    return answer.error


def signature(quote: Any) -> dict[str, Any]:
    return {"signerName": "Ann Lindgren", "contentHash": quote["contentHash"]}


def link_of(sent: Any) -> str:
    return f"{PUBLIC}/{sent['linkToken']}"
