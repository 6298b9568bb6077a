"""A small company on real SDKs and a local provider."""
