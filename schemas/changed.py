"""A text of what changed, with what was so before: `tea (before: coffee, until 2026-03-01).` Pure."""

import re
from datetime import UTC, datetime

_BEFORE = re.compile(r" \(before: .*, until \d{4}-\d\d-\d\d\)\.$")


def changed(text: str, before: str, until: float) -> str:
    """How it is and how it was, until when (epoch seconds, told as a day in UTC)."""
    day = datetime.fromtimestamp(int(until), UTC)
    return f"{text.rstrip('.')} (before: {before.rstrip('.')}, until {day:%Y-%m-%d})."


def unchanged(text: str) -> str:
    """Without what was before."""
    return _BEFORE.sub("", text)
