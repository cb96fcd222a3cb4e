"""Hypothesis' profile, for properties of the wire."""

from tests.wire import profiles

profiles.load()
