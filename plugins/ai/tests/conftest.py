"""Clients that speak MCP to the application."""

from __future__ import annotations
