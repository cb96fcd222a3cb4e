"""Hypothesis' profile, for properties of single modules."""

from tests.wire import profiles

profiles.load()
