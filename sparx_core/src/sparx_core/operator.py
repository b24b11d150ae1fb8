"""The operator's way into a tenant, for commands."""

from sparx_core.tenants import as_operator

__all__ = ["as_operator"]
