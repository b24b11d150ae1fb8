"""What may be wrong with files."""

from __future__ import annotations

from typing import Literal

from sparx_core import ApiError

Reason = Literal["type", "extension", "dimensions", "frames", "size", "unsafe", "broken", "empty"]


class FileRefused(ApiError):
    """The file is none that is stored. `details.reason` is `type` (its bytes are of no type that is
    allowed), `extension` (its name says another type than its bytes), `dimensions`, `frames` or
    `size` (it is too large to be decoded), `unsafe` (an SVG that could run or load something),
    `broken` (it cannot be read) or `empty`.
    """

    code, status, message = "file_refused", 422, "This file is not accepted."

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message, details={"reason": reason})
        self.reason = reason


class UploadOffset(ApiError):
    """The bytes do not begin where those that were received end: `details.received`."""

    code, status = "upload_offset", 409
    message = "Go on where the bytes that were received end."

    def __init__(self, received: int) -> None:
        super().__init__(details={"received": received})


class UploadClosed(ApiError):
    """The upload takes no more bytes: it was completed, failed, or has expired."""

    code, status, message = "upload_closed", 409, "This upload takes no more bytes."


class UploadIncomplete(ApiError):
    """Fewer bytes, or more, came than were announced: `details.received` and `details.size`."""

    code, status, message = "upload_incomplete", 409, "Not all bytes have been received."

    def __init__(self, received: int, size: int | None) -> None:
        super().__init__(details={"received": received, "size": size})


class AssetInUse(ApiError):
    """Entries use the asset: `details.usageCount` of them, some of which `details.entryIds` are."""

    code, status, message = "asset_in_use", 409, "Entries use this asset."

    def __init__(self, count: int, entries: list[str]) -> None:
        super().__init__(details={"usageCount": count, "entryIds": entries})


class AssetNotReady(ApiError):
    """The asset is still being processed, or could not be."""

    code, status, message = "asset_not_ready", 409, "The asset is not ready."


class FolderNotEmpty(ApiError):
    """There are assets or folders in the folder."""

    code, status, message = "folder_not_empty", 409, "The folder is not empty."


class UrlNotAllowed(ApiError):
    """Files are not fetched from this URL: it is no https URL of a public server."""

    code, status, message = "url_not_allowed", 400, "This URL is not allowed."


class RenderingUnsigned(ApiError):
    """The parameters of the image are not those that were signed, and no preset."""

    code, status, message = "rendering_unsigned", 403, "This rendering was not signed."


class RenderingBusy(ApiError):
    """Too many images are being rendered now: try again in a second."""

    code, status, message = "rendering_busy", 503, "Too many images are being rendered."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})
