"""Benchmarks: ratios measured in one run, never assertions on time."""
