"""OpenAPI 3.1: the document that describes the API, generated from what modules declare."""
