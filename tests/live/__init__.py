"""Real installations for tests: processes, servers, clients, and what their database holds."""
