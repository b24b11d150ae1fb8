"""Refusals of requests that are valid by the document: those that no schema can foretell."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import schemathesis
from schemathesis.checks import CHECKS, CheckContext
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response

from .rules import RULES

Error = dict[str, Any]

FILES = ("text/csv", "application/x-ndjson")

#: What may be wrong with a value that is as its schema says, and why the schema cannot say it.
VALUES = {
    r"There is no such row\.": "A reference to a row that there is not.",
    r"There is no scope ": "Which scopes there are, the modules of the installation say.",
    r"Too many digits|At most \d+ digits|[A-Z]{3} allows \d+ digits":
        "An amount has the digits of its currency; multipleOf knows binary floats only.",
    r"Beyond the range of a double\.": "Some numbers have a form that only decimals can keep.",
    r"The total must be below": "A limit of several values together.",
    r"Must be in the future\.": "A time that is over by now.",
    r"Not a valid e-mail address": "Which addresses there can be is more than the format says.",
    r"Not a phone number ": "How a number may be spelled, no pattern says.",
    r"Must be before |The range is longer than":
        "A range of time: two values together, and the time that it is.",
    r"There is no such type of events|No (handler|event) of an active module|"
    r"There is no such subscription":
        "Which there are, the modules and the rows of the tenant say.",
    r"There is no such (host|port)|Browsers leave out|http is for localhost":
        "Which origins browsers send is more than a pattern says.",
    r"The (URL|host|path|port) |Only (port 443|an IPv6 address) |The address is blocked":
        "Which servers may be called, and in which form, is more than a pattern says.",
    r"There is no type of events |There is no such field in |The field is |This is a list or an"
    r"|\w+ does not fit the field": "Which events there are, with which fields, the modules say.",
    r"This header is set by Sparx|A header is there twice|Longer than 8192 characters in all"
    r"|\*\*\* leaves a header as it is": "Which headers are free is more than a pattern says.",
    r"Must be in the past\.|Longer ago than |Must be later than since":
        "A time that is yet to come, or long over.",
}  # fmt: skip
_VALUE = re.compile("|".join({**VALUES, **RULES}))


@dataclass(frozen=True)
class Reason:
    """Why an answer with this status and code is right."""

    status: int
    code: str
    holds: Callable[[Error], bool]
    told: str


def _is_only_values(error: Error) -> bool:
    """Whether that is wrong with each value of a body, or with the parameter of a query."""
    details = error.get("details")
    if isinstance(details, dict):
        return _VALUE.match(error["message"].partition(": ")[2]) is not None
    return bool(details) and all(
        _VALUE.match(one["message"]) or one["field"].startswith(("custom.", "fields."))
        for one in details
    )


def _is_about(parameter: str) -> Callable[[Error], bool]:
    return lambda error: _details(error).get("parameter") == parameter


def _details(error: Error) -> Error:
    details = error.get("details")
    return details if isinstance(details, dict) else {}


def _says(what: str) -> Callable[[Error], bool]:
    return lambda error: re.search(what, error["message"]) is not None


REASONS = (
    Reason(412, "precondition_failed", lambda error: True,
           "If-Match names a version: the one that the row has, nobody knows beforehand."),
    Reason(422, "idempotency_key_reused", lambda error: True,
           "The key was sent before, with another body."),
    Reason(410, "answer_erased", lambda error: True,
           "The key was sent before, and somebody was erased since of whom the answer told."),
    Reason(422, "validation_error", _is_only_values, "See VALUES."),
    Reason(400, "bad_request", _is_only_values, "See VALUES."),
    Reason(422, "batch_failed", lambda error: True,
           "An entry of an atomic batch was refused, for one of these reasons or a conflict."),
    Reason(429, "rate_limited", _says("^Tests went to "),
           "Tests of webhooks go to few hosts within an hour."),
    Reason(400, "bad_request", _is_about("view"),
           "Which saved views there are, the tenant says."),
    Reason(400, "bad_request", _is_about("cursor"),
           "A cursor is what the API has given out; there is no making one up."),
    Reason(400, "bad_request", _is_about("after"),
           "Neither is there making up a place in the feed."),
    Reason(400, "bad_request", _says("is no reference\\.$"),
           "Which fields of entries lead somewhere, the content types of the tenant say."),
    Reason(400, "bad_request", _says(r"^There is no (field|locale|content type) "),
           "Which there are, the content types and the languages of the tenant say."),
    Reason(400, "bad_request",
           _says(r"^What is in the trash was a draft|^\w+ is of drafts: ask |parameter 'fields\."),
           "A parameter of lists that is only there with another one."),
    Reason(400, "bad_request", _says("^groupBy names a field twice"),
           "Fields are the same by their names alone, whatever parts of days are asked for."),
    Reason(400, "url_not_allowed", lambda error: True,
           "Which servers may be called, and in which form, is more than a pattern says."),
    Reason(400, "bad_request", _is_about("by"),
           "What `by` of an import may name follows from `mode`."),
    Reason(400, "bad_request", _says("^Give cursor or skip, not both"),
           "One parameter forbids another, which OpenAPI cannot say."),
    Reason(400, "bad_request", _says("^More than 20 conditions"),
           "A limit of all filters together, which OpenAPI cannot say."),
    Reason(400, "bad_request", _says(r"^(include|fields) goes at most \d relations far"),
           "The pattern of paths leaves open what is beyond the next relations."),
    Reason(400, "bad_request", _says("related rows: take fewer"),
           "A limit of take and include together."),
    Reason(400, "bad_request", _says("^The query is longer than"),
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
def invalid_requests_are_refused(ctx: CheckContext, response: Response, case: Any) -> None:
    """The check ``negative_data_rejection``, but for files: a number in place of a text is a text
    once it is sent, and what is wrong with its rows the job tells.
    """
    check = CHECKS.get_one("negative_data_rejection")
    try:
        check(ctx, response, case)
    except Failure as failure:
        if case.media_type not in FILES or "Invalid component: in body" not in failure.message:
            raise


@schemathesis.check
def valid_requests_are_accepted(ctx: CheckContext, response: Response, case: Any) -> None:
    """The check ``positive_data_acceptance`` with the reasons of this page."""
    check = CHECKS.get_one("positive_data_acceptance")
    try:
        check(ctx, response, case)
    except Failure:
        if not is_explained(response.status_code, response.content or b""):
            raise
