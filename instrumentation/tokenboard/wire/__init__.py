"""Wire formats: bytes in, facts out. No I/O, no OpenTelemetry."""
