"""Agents: the API over the Model Context Protocol, with tools derived from every module."""
