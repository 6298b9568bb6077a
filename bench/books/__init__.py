"""Books at a big company's size: panels, standings, raw spans to calls, a dirty hour."""
