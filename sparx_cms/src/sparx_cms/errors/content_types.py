"""What is refused of content types and locales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparx_core import ApiError


class FieldNotOmitted(ApiError):
    """A field is taken out of a content type that still shows it: set its `state` to `omitted`
    first, which hides it and can be undone. Deleting is for ever. `details` list the keys.
    """

    code, status = "field_not_omitted", 409
    message = "Fields have to be omitted before they are deleted."

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(details={"fields": list(keys)})


class FieldTypeChange(ApiError):
    """The type of a field is for ever, as entries hold its values: only `integer` may become
    `decimal`, `text` may become `longText`, and one value may become many. For any other change
    add a field, and move the values with a migration. `details` list the keys.
    """

    code, status = "field_type_change", 409
    message = "The type of a field cannot be changed like this."

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(details={"fields": list(keys)})


class TypeInUse(ApiError):
    """The content type has entries, in the trash perhaps, or other types refer to it: it cannot be
    deleted, nor get another key. `details` tell how many entries, and which types.
    """

    code, status = "type_in_use", 409
    message = "The content type is in use."

    def __init__(self, entries: int, types: Sequence[str]) -> None:
        details: dict[str, Any] = {"entries": entries, "types": list(types)}
        super().__init__(details=details)


class TypeDeprecated(ApiError):
    """The content type is deprecated: there are no new entries of it, and those that are there can
    still be changed.
    """

    code, status = "type_deprecated", 409
    message = "There are no new entries of a content type that is deprecated."


class LocaleInUse(ApiError):
    """The locale is the default, stands in for another, or entries have content in it: it cannot be
    deleted.
    """

    code, status = "locale_in_use", 409
    message = "The locale is in use."
