"""What was spent of the hour's bytes, on disk: a device that crashes again and again has one budget."""

import contextlib
import json
import logging
from pathlib import Path
from typing import Final

from edge.pacing import Pace

FILE: Final = "pace.json"
KEEP_S: Final = 10.0
"""How often it is written, at most: so much of what was spent a crash gives back."""

log = logging.getLogger(__name__)


class PaceFile:
    """Beside the outbox. Where it cannot be read or written it is done without: nothing depends on it."""

    def __init__(self, folder: Path, pace: Pace) -> None:
        self._file = folder / FILE
        self._pace = pace
        self._kept_s: float | None = None

    def load(self, boot: str, now_s: float) -> None:
        """Goes on where the last run was."""
        try:
            self._pace.load(json.loads(self._file.read_text()), boot, now_s)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as fault:
            log.warning("what was spent is not known", extra={"action": "load pace", "reason": str(fault)})

    def keep(self, boot: str, now_s: float, *, at_once: bool = False) -> None:
        """Writes what was spent, unless that was done a moment ago."""
        if not at_once and self._kept_s is not None and now_s < self._kept_s + KEEP_S:
            return
        self._kept_s = now_s
        with contextlib.suppress(OSError):
            fresh = self._file.with_suffix(".new")
            fresh.write_text(json.dumps(self._pace.dump(boot, now_s)))
            fresh.replace(self._file)
