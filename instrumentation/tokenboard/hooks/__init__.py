"""How calls are seen: one file per HTTP client."""
