"""Which of the two media types an answer has, by what the client accepts (RFC 9110, 12.5.1)."""

from __future__ import annotations

from sparx_core.errors import NotAcceptable

#: The status of its answers tells what became of the request.
RESPONSE = "application/graphql-response+json"
#: Of clients that know no other: what is wrong with a document is told with 200.
LEGACY = "application/json"
HTML = "text/html"


def answer_type(accept: str | None) -> str:
    """The media type of the answer; ``NotAcceptable`` if the client reads neither."""
    if accept is None or not accept.strip():
        return LEGACY
    new, old = _quality(accept, RESPONSE), _quality(accept, LEGACY)
    # Who names the new one wants it, and who takes anything is given what everybody reads.
    if new >= old and new and (RESPONSE in accept.lower() or not old):
        return RESPONSE
    if old:
        return LEGACY
    if new:
        return RESPONSE
    raise NotAcceptable


def wants_page(accept: str | None) -> bool:
    """Whether it is a browser that somebody looks at."""
    if accept is None or HTML not in accept.lower():
        return False
    return _quality(accept, HTML) >= max(_quality(accept, RESPONSE), _quality(accept, LEGACY))


def _quality(accept: str, media_type: str) -> float:
    """That of the narrowest range which the type is in."""
    found, narrowness = 0.0, -1
    kind = media_type.partition("/")[0]
    ranges = {media_type: 2, f"{kind}/*": 1, "*/*": 0}
    for one in accept.split(","):
        name, *parameters = (part.strip().lower() for part in one.split(";"))
        if ranges.get(name, -1) > narrowness:
            found, narrowness = _weight(parameters), ranges[name]
    return found


def _weight(parameters: list[str]) -> float:
    for one in parameters:
        name, _, value = one.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
