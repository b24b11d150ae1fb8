"""What a tenant's content begins with: a language, and types for a site with a blog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparx_cms.models.content_types import ACTIVE, COLLECTION, COMPONENT, ContentType, Locale
from sparx_cms.types.checking import completed
from sparx_cms.types.designing import named_field
from sparx_core import Context

_TITLE = {"key": "title", "type": "text", "required": True, "localized": True, "max": 255}
_NAME = {"key": "name", "type": "text", "required": True, "max": 120}
_EXCERPT = {"key": "excerpt", "type": "longText", "localized": True, "max": 500}
_BODY = {"key": "body", "type": "richText", "localized": True}
_IMAGE = {"key": "featuredImage", "type": "media", "accept": ["image/*"]}
_SEO = {
    "key": "seo", "type": "component", "component": "seo", "label": "SEO", "localized": True,
}  # fmt: skip


def _slug(source: str, *, localized: bool = True) -> dict[str, Any]:
    told = {"key": "slug", "type": "slug", "required": True, "sourceField": source}
    return {**told, "localized": localized}


def _reference(key: str, to: str, *, multiple: bool = False) -> dict[str, Any]:
    return {"key": key, "type": "reference", "to": [to], "multiple": multiple}


_SEO_FIELDS = (
    {"key": "title", "type": "text", "max": 255},
    {"key": "description", "type": "longText", "max": 500},
    {"key": "image", "type": "media", "accept": ["image/*"]},
    {"key": "canonicalUrl", "type": "url", "label": "Canonical URL"},
    {"key": "noIndex", "type": "boolean", "label": "Hide from search engines"},
)
#: Key, name, plural, path and fields of each.
_TYPES: Sequence[tuple[str, str, str, str | None, Sequence[dict[str, Any]]]] = (
    ("seo", "SEO", "SEO", None, _SEO_FIELDS),
    ("author", "Author", "Authors", "/authors/{slug}", (
        _NAME,
        _slug("name", localized=False),
        {"key": "bio", "type": "longText", "localized": True, "max": 8_192},
        {"key": "avatar", "type": "media", "accept": ["image/*"]},
    )),
    ("category", "Category", "Categories", "/categories/{slug}", (
        {**_NAME, "localized": True},
        _slug("name"),
        {"key": "description", "type": "longText", "localized": True, "max": 8_192},
        _reference("parent", "category"),
    )),
    ("tag", "Tag", "Tags", "/tags/{slug}", ({**_NAME, "localized": True}, _slug("name"))),
    ("page", "Page", "Pages", "/{slug}", (
        _TITLE, _slug("title"), _EXCERPT, _BODY, _IMAGE, _SEO,
    )),
    ("post", "Post", "Posts", "/blog/{slug}", (
        _TITLE,
        _slug("title"),
        _EXCERPT,
        _BODY,
        _IMAGE,
        {"key": "date", "type": "date"},
        _reference("author", "author"),
        _reference("categories", "category", multiple=True),
        _reference("tags", "tag", multiple=True),
        _SEO,
    )),
)  # fmt: skip


def built_in_types(ctx: Context) -> None:
    """Make the built-in types of a tenant that has none at all: they are as any other."""
    if ctx.first(ContentType.select(ContentType.id).limit(1)) is not None:
        return
    for key, name, plural, path, fields in _TYPES:
        definitions = completed(fields, [])
        is_component = key == "seo"
        ctx.insert(
            ContentType(
                key=key,
                name=name,
                plural_name=plural,
                kind=COMPONENT if is_component else COLLECTION,
                display_field=named_field(None, definitions),
                url_pattern=path,
                fields=definitions,
                stages=[],
                state=ACTIVE,
                built_in=True,
                schema_version=1,
            )
        )


def default_locale(ctx: Context) -> None:
    """English, for a tenant that has no locale at all."""
    if ctx.first(Locale.select(Locale.id).limit(1)) is None:
        ctx.insert(Locale(code="en", name="English", fallback=None, is_default=True))
