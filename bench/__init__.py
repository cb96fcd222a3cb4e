"""Measurements: `make bench` prints one table, medians of at least three runs taken together."""
