"""What happens to taxonomies and to their terms."""

from __future__ import annotations

from sparx_core import Event


class TaxonomyCreated(Event):
    """A taxonomy was made."""

    name, resource = "taxonomy.created", "cms.taxonomies"


class TaxonomyUpdated(Event):
    """A taxonomy was changed."""

    name, resource = "taxonomy.updated", "cms.taxonomies"


class TaxonomyDeleted(Event):
    """A taxonomy was deleted, which had no terms; the payload is it as it was."""

    name, resource = "taxonomy.deleted", "cms.taxonomies"


class TermCreated(Event):
    """A term was made."""

    name, resource = "term.created", "cms.terms"


class TermUpdated(Event):
    """A term was changed, or is below another one."""

    name, resource = "term.updated", "cms.terms"


class TermDeleted(Event):
    """A term was deleted: no entry has it any more."""

    name, resource = "term.deleted", "cms.terms"
