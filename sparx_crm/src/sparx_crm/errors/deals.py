"""What is refused of pipelines, stages and deals."""

from __future__ import annotations

from sparx_core import ApiError


class DefaultPipeline(ApiError):
    """The pipeline is the default, of which there is always one: make another one that first."""

    code, status = "default_pipeline", 409
    message = "The pipeline is the default: make another one the default first."


class StageInUse(ApiError):
    """Deals are in the stage: `details.deals` says how many. Delete it with `moveTo`."""

    code, status, message = "stage_in_use", 409, "There are deals in the stage."

    def __init__(self, deals: int, message: str | None = None) -> None:
        super().__init__(message, details={"deals": deals})


class NoStage(ApiError):
    """The pipeline has no stage of the kind that is needed, which `details.kind` names."""

    code, status = "no_stage", 409
    message = "The pipeline has no such stage."

    def __init__(self, kind: str) -> None:
        super().__init__(f"The pipeline has no stage of kind {kind}.", details={"kind": kind})
