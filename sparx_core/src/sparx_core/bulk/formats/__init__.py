"""Files of many rows: lines, CSV and its cells, NDJSON."""

from __future__ import annotations

CSV, NDJSON = "csv", "ndjson"
#: The media types of what is sent and made, by format.
MEDIA_TYPES = {CSV: "text/csv; charset=utf-8", NDJSON: "application/x-ndjson"}
