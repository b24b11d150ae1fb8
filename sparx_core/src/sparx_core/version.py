"""The version of the core that modules state their compatibility with."""

VERSION = "1.0.0"
