"""What the core promises to a module that is a surface itself: one that answers in a protocol of
its own, as REST and GraphQL do. Other modules need only what ``sparx_core`` promises.
"""

from sparx_core.actors import looks_of
from sparx_core.audit.made import Change, changes_made
from sparx_core.auth.keys import PresentedKey
from sparx_core.confinement import check_confined, check_hiding
from sparx_core.errors import Unauthorized
from sparx_core.forms import Form
from sparx_core.idempotency.claim import Claim, StoredAnswer
from sparx_core.json import Limits, decode, encode
from sparx_core.origins.allowed import AllowedOrigins
from sparx_core.registry import Registry
from sparx_core.resources import Kind
from sparx_core.search.functions import is_searched
from sparx_core.surfaces.calls import Call, Carried, Given
from sparx_core.surfaces.carrying import perform
from sparx_core.surfaces.openapi.document import documents_of
from sparx_core.surfaces.queries import query_groups, query_one, query_page
from sparx_core.surfaces.reading import Asking, Reading
from sparx_core.surfaces.rest.body import Body
from sparx_core.surfaces.rest.envelope import failure
from sparx_core.surfaces.rest.query import Separate
from sparx_core.surfaces.shapes import known_own, shapes_of

__all__ = [
    "AllowedOrigins",
    "Asking",
    "Body",
    "Call",
    "Carried",
    "Change",
    "Claim",
    "Form",
    "Given",
    "Kind",
    "Limits",
    "PresentedKey",
    "Reading",
    "Registry",
    "Separate",
    "StoredAnswer",
    "Unauthorized",
    "changes_made",
    "check_confined",
    "check_hiding",
    "decode",
    "documents_of",
    "encode",
    "failure",
    "is_searched",
    "known_own",
    "looks_of",
    "perform",
    "query_groups",
    "query_one",
    "query_page",
    "shapes_of",
]
