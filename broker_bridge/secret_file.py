"""Writes what only we may read: whole or not at all, and never readable for others on the way."""

import os
from pathlib import Path


def write_secret(file: Path, text: str) -> None:
    """Puts `text` in place of `file`, with rights 0600; a crash leaves the old one or none, never half."""
    aside = file.with_suffix(".part")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(file)
