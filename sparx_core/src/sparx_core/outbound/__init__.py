"""The one HTTP client for servers that a tenant names: checked, pinned, bounded."""

from sparx_core.outbound.client import Outbound, OutboundResponse
from sparx_core.outbound.errors import OutboundError
from sparx_core.outbound.urls import check_url

__all__ = ["Outbound", "OutboundError", "OutboundResponse", "check_url"]
