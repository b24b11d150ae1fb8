"""Refusals of requests that are valid by the document: those that no schema can foretell."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import schemathesis
from schemathesis.checks import CHECKS, CheckContext
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response

Error = dict[str, Any]

#: What is wrong with single values, where no schema could have said it.
NO_ROW = r"There is no such row\."
NO_SCOPE = r"There is no scope "
DIGITS = r"Too many digits|At most \d+ digits|[A-Z]{3} allows \d+ digits"
PAST = r"Must be in the future\."
EMAIL = r"Not a valid e-mail address"
PHONE = r"Not a phone number "
ORIGIN = r"There is no such (host|port)|Browsers leave out|http is for localhost"


@dataclass(frozen=True)
class Reason:
    """Why an answer with this status and code is right."""

    status: int
    code: str
    holds: Callable[[Error], bool]
    told: str


def _is_only(what: str, error: Error) -> bool:
    """Whether that is wrong with each value of a body, or with a parameter of a query."""
    details = error.get("details")
    if isinstance(details, dict):
        return re.match(what, error["message"].partition(": ")[2]) is not None
    return bool(details) and all(re.match(what, one["message"]) for one in details)


def _about(error: Error, parameter: str) -> bool:
    details = error.get("details")
    return isinstance(details, dict) and details.get("parameter") == parameter


REASONS = (
    Reason(412, "precondition_failed", lambda error: True,
           "If-Match names a version: the one that the row has, nobody knows beforehand."),
    Reason(422, "idempotency_key_reused", lambda error: True,
           "The key was sent before, with another body."),
    *(
        Reason(status, code, partial(_is_only, what), told)
        for status, code in ((422, "validation_error"), (400, "bad_request"))
        for what, told in (
            (NO_ROW, "A reference to a row that there is not."),
            (NO_SCOPE, "Which scopes there are, the modules of the installation say."),
            (DIGITS, "An amount has its currency's digits; multipleOf knows binary floats only."),
            (PAST, "A time that is over by now."),
            (EMAIL, "Which addresses there can be is more than the format says."),
            (PHONE, "How a number may be spelled, no pattern says."),
            (ORIGIN, "Which origins browsers send is more than a pattern says."),
        )
    ),
    Reason(400, "bad_request", lambda error: _about(error, "cursor"),
           "A cursor is what the API has given out; there is no making one up."),
    Reason(400, "bad_request", lambda error: error["message"] == "Give cursor or skip, not both.",
           "One parameter forbids another, which OpenAPI cannot say."),
    Reason(400, "bad_request", lambda error: _about(error, "by"),
           "What `by` of an import may name follows from `mode`."),
    Reason(400, "bad_request", lambda error: error["message"] == "More than 20 conditions.",
           "A limit of all filters together, which OpenAPI cannot say."),
    Reason(400, "bad_request", lambda error: "related rows: take fewer" in error["message"],
           "A limit of take and include together."),
    Reason(400, "bad_request", lambda error: error["message"].startswith("The query is longer"),
           "A limit of all parameters together."),
)  # fmt: skip


def is_explained(status: int, content: bytes) -> bool:
    """Whether one of the reasons holds for an answer."""
    try:
        error = json.loads(content)["error"]
    except (ValueError, KeyError, TypeError):
        return False
    return any(
        (one.status, one.code) == (status, error["code"]) and one.holds(error) for one in REASONS
    )


@schemathesis.check
def valid_requests_are_accepted(ctx: CheckContext, response: Response, case: Any) -> None:
    """The check ``positive_data_acceptance`` with the reasons of this page."""
    check = CHECKS.get_one("positive_data_acceptance")
    try:
        check(ctx, response, case)
    except Failure:
        if not is_explained(response.status_code, response.content or b""):
            raise
