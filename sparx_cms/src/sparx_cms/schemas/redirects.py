"""Redirects on the wire."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate

from sparx_cms.models.redirects import ORIGINS, STATUS_CODES
from sparx_cms.redirects.hosts import host_name
from sparx_cms.redirects.paths import MAX_PATH, NotAPath, source_path, target_path
from sparx_cms.redirects.resolving import KINDS
from sparx_core import (
    Choice,
    Flag,
    Id,
    ObjectSchema,
    ResourceSchema,
    Text,
    Timestamp,
    WholeNumber,
    json_schema,
)


class SourcePath(fields.String):
    """A path as somebody may ask for it, with or without a query, in its one form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = _text(value)
        # Of nothing, an empty cell of a file above all, nobody means the first page of the site.
        if not text.strip():
            raise ValidationError("Must not be empty.")
        try:
            return source_path(text)
        except NotAPath as error:
            raise ValidationError(str(error)) from None


class TargetPath(fields.String):
    """A path of the same site that readers are sent to."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            return target_path(_text(value))
        except NotAPath as error:
            raise ValidationError(str(error)) from None


class TargetUrl(fields.String):
    """An address elsewhere that readers are sent to: ``https`` or ``http``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = _text(value).strip()
        try:
            parts = urlsplit(text)
            named = parts.scheme in ("http", "https") and bool(parts.hostname)
            _ = parts.port
        except ValueError:
            named = False
        if not named or not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
            raise ValidationError(
                "Not a web address such as https://example.com/, percent-encoded where needed."
            )
        if parts.username is not None or parts.password is not None:
            raise ValidationError("Must not have a user name.")
        if len(text) > MAX_PATH:
            raise ValidationError(f"Longer than {MAX_PATH} characters.")
        return text


class Target(fields.String):
    """A path of the site or an address elsewhere, as files of redirects have it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        inside = _text(value).strip().startswith("/")
        field: fields.Field[Any] = TargetPath() if inside else TargetUrl()
        return field.deserialize(value)


class HostName(fields.String):
    """The name of a host, in lower case, without its port."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            return host_name(_text(value))
        except ValueError:
            raise ValidationError("Not the name of a host such as www.example.com.") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError("Not a text.")
    return value


_FORMS: dict[type[fields.String], tuple[str, str]] = {
    SourcePath: ("A path, with its query or without.", "/blog/old-name"),
    TargetPath: ("A path of the same site.", "/blog/new-name"),
    TargetUrl: ("An https or http address.", "https://www.example.com/"),
    Target: ("A path of the same site, or an https or http address.", "/new"),
    HostName: ("The name of a host; kept in lower case.", "www.example.com"),
}
#: Not nothing, and nothing with NUL.
_SOMETHING = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"


@json_schema.register(SourcePath)
@json_schema.register(TargetPath)
@json_schema.register(TargetUrl)
@json_schema.register(Target)
@json_schema.register(HostName)
def _(field: fields.String) -> dict[str, Any]:
    told, example = _FORMS[type(field)]
    form = {"pattern": _SOMETHING} if isinstance(field, SourcePath) else {}
    return {"type": "string", "description": told, "examples": [example], **form}


def _status_code() -> WholeNumber:
    told = "301 and 308 for good, 302 and 307 for now; 307 and 308 keep the method. Without it 301."
    return WholeNumber(
        300, 399, validate=validate.OneOf(STATUS_CODES),
        metadata={"description": told, "example": 301},
    )  # fmt: skip


class RedirectSchema(ResourceSchema):
    """Where readers of a path are sent that has no page: to a path, to the page of an entry, or to
    an address elsewhere. A live page comes before a redirect from its path.
    """

    from_path = SourcePath(required=True)
    host = HostName(
        allow_none=True, metadata={"description": "The only host that it is for. Without it all."}
    )
    to_path = TargetPath(allow_none=True)
    to_entry = Id(
        data_key="toEntryId",
        allow_none=True,
        metadata={"description": "The entry to whose page it leads, wherever that moves."},
    )
    to_locale = Text(
        35,
        allow_none=True,
        metadata={"description": "The language of that page. Without it the tenant's own."},
    )
    to_url = TargetUrl(allow_none=True)
    status_code = _status_code()
    preserve_query = Flag(
        metadata={"description": "Whether the query of the request goes along.", "example": False}
    )
    enabled = Flag(metadata={"example": True})
    source = fields.String(
        dump_only=True,
        metadata={"description": "Host and path together: unique.", "example": "/blog/old-name"},
    )
    origin = Choice(
        *ORIGINS,
        dump_only=True,
        metadata={"description": "`auto`: it was made when a page moved."},
    )
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class NewRedirectSchema(RedirectSchema):
    """A redirect to be made: it has one target."""

    to = Target(
        load_only=True,
        metadata={"description": "`toPath` or `toUrl`, by its form: for files with one column."},
    )


class ResolveQuery(ObjectSchema):
    """What a browser asks a site for."""

    path = fields.String(
        required=True,
        validate=validate.Length(max=4 * MAX_PATH),
        metadata={"description": "The path with its query.", "example": "/blog/old-name?utm=1"},
    )
    host = HostName()
    locale = Text(
        35, metadata={"description": "The language of the site, where pages share a path."}
    )


class LeadSchema(ObjectSchema):
    """What a path leads to."""

    kind = Choice(*KINDS, required=True)
    status_code = fields.Integer(required=True, metadata={"example": 301})
    location = fields.String(
        required=True,
        metadata={"description": "As a header `Location` has it.", "example": "/blog/new-name"},
    )
    entry_id = Id(required=True, allow_none=True)
    locale = fields.String(required=True, allow_none=True, metadata={"example": "en"})
    redirect_id = Id(required=True, allow_none=True)
