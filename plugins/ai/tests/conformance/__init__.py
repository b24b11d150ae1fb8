"""The official conformance suite of the protocol, against the product and a build with fixtures."""
