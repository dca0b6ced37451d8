"""Measurements of the whole system on real engines: `python -m benchmarks`; docs/benchmarks.md says what and how."""
