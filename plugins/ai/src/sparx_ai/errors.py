"""The error codes of the AI module."""

from __future__ import annotations

from sparx_core import ApiError


class AiDisabled(ApiError):
    """Agents were turned off, for the whole tenant or for this key: see `/v1/ai/settings`."""

    code, status, message = "ai_disabled", 403, "Agents are turned off here."


class DeletesNotAllowed(ApiError):
    """Agents may not delete in this tenant: `allowDeletes` of `/v1/ai/settings` says so."""

    code, status = "deletes_not_allowed", 403
    message = "Agents may not delete here: somebody has to set allowDeletes in /v1/ai/settings."


class PlanInvalid(ApiError):
    """The token is of no plan, or of one that was made with another key, or for another operation,
    or with other arguments. Nothing was done: make a plan of exactly what is to be done.
    """

    code, status, message = "plan_invalid", 409, "This token is not of a plan for this call."


class PlanExpired(ApiError):
    """The plan is older than ten minutes. Nothing was done: make a new one."""

    code, status, message = "plan_expired", 409, "The plan has expired: make a new one."


class PlanUsed(ApiError):
    """The plan was applied already: it is good for once."""

    code, status, message = "plan_used", 409, "The plan was applied already."


class PlanStale(ApiError):
    """What the plan told is not what would happen now: rows that it is about have changed. Nothing
    was done: make a new plan, and look at it.
    """

    code, status, message = "plan_stale", 409, "The rows have changed since the plan was made."


class NotConfirmed(ApiError):
    """The person whom the client asked did not agree. Nothing was done: ask for it again only if
    they want it.
    """

    code, status = "not_confirmed", 409
    message = "Nothing was done: the user was asked, and did not agree."


class WriteBudgetExceeded(ApiError):
    """The key has changed as many rows within an hour as agents may with it. Nothing was done;
    `details.retryAfter` are the seconds until some of them are over an hour old.
    """

    code, status, message = "write_budget_exceeded", 429, "Agents may not change more this hour."

    def __init__(self, limit: int, changed: int, wait: int) -> None:
        super().__init__(
            f"Agents may change {limit:,} rows an hour with this key, and changed {changed:,}.",
            details={"limit": limit, "changed": changed, "retryAfter": wait},
            headers={"Retry-After": str(wait)},
        )


class UseRest(ApiError):
    """The operation sends or takes a file, which is not for a conversation: `details` says what to
    ask the REST API.
    """

    code, status, message = "use_rest", 409, "Files are for the REST API."

    def __init__(self, method: str, path: str) -> None:
        super().__init__(
            f"Ask {method} {path} of the REST API: it is about a file.",
            details={"method": method, "path": path},
        )
