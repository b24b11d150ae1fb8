"""The one endpoint of the protocol."""
