"""One import, and every LLM call of a Python app is on the books."""
