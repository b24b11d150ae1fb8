"""The Model Context Protocol: messages, revisions, methods; what tools do is elsewhere."""
