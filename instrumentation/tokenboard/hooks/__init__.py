"""How calls are seen: one file for each HTTP client, all of them thin."""
