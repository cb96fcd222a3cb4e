"""How Hypothesis looks for counter-examples: anew each time at home, the same each time in CI."""

import os

from hypothesis import settings

EXAMPLES_MAX = 100


def load() -> None:
    """Sets the profile for every property of this run. No deadline: other work shares our two cores."""
    settings.register_profile("home", deadline=None, max_examples=EXAMPLES_MAX, print_blob=True)
    settings.register_profile("ci", settings.get_profile("home"), derandomize=True)
    settings.load_profile("ci" if os.environ.get("CI") else "home")
