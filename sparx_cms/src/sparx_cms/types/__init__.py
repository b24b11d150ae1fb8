"""The type engine: what content types ask of entries, and what is found in their documents."""

from sparx_cms.types.catalogue import Catalogue, catalogue, content_type, forget_catalogue
from sparx_cms.types.definitions import Document, FieldDefinition, TypeDefinition
from sparx_cms.types.documents import as_list, merged, value_in
from sparx_cms.types.finding import (
    Claimed,
    Linked,
    assets_in,
    claimed_value,
    claims_in,
    links_in,
    text_in,
    title_in,
)
from sparx_cms.types.loading import load_values
from sparx_cms.types.locales import Locales, check_locales, forget_locales, locales
from sparx_cms.types.problems import problems
from sparx_cms.types.slugs import slugify
from sparx_cms.types.starting import starting_values

__all__ = [
    "Catalogue",
    "Claimed",
    "Document",
    "FieldDefinition",
    "Linked",
    "Locales",
    "TypeDefinition",
    "as_list",
    "assets_in",
    "catalogue",
    "check_locales",
    "claimed_value",
    "claims_in",
    "content_type",
    "forget_catalogue",
    "forget_locales",
    "links_in",
    "load_values",
    "locales",
    "merged",
    "problems",
    "slugify",
    "starting_values",
    "text_in",
    "title_in",
    "value_in",
]
