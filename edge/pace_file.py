"""What was spent of the hour's bytes, on disk: a device that crashes again and again has one budget."""

import json
import logging
from collections import Counter
from pathlib import Path
from typing import Final

from edge.pacing import Pace

FILE: Final = "pace.json"
CHARACTERS_MAX: Final = 4096
"""Twice what an hour's minutes take: what is longer is none of ours, and is not read into RAM."""

log = logging.getLogger(__name__)


class PaceFile:
    """Beside the outbox, where there is a budget. Where it cannot be read or written it is done without.

    No sync: a power cut may give back what was spent in the last seconds, and no loop waits for a card.
    """

    def __init__(self, folder: Path, pace: Pace) -> None:
        self._file = folder / FILE
        self._pace = pace
        self._kept_bytes = 0
        self.counts: Counter[str] = Counter()
        """`budget_not_kept`: times that the disk did not take it."""

    def load(self, boot: str, now_s: float) -> None:
        """Goes on where the last run was."""
        try:
            with self._file.open() as file:
                self._pace.load(json.loads(file.read(CHARACTERS_MAX)), boot, now_s)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, RecursionError) as fault:
            log.warning("what was spent is not known", extra={"action": "load pace", "reason": str(fault)})

    def keep(self, boot: str, now_s: float) -> None:
        """Writes what was spent, if more was."""
        spent_bytes = self._pace.counts["sent_bytes"]
        if self._pace.bytes_per_hour is None or spent_bytes == self._kept_bytes:
            return
        self._kept_bytes = spent_bytes
        fresh = self._file.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(self._pace.dump(boot, now_s)))
            fresh.replace(self._file)
        except OSError:
            self.counts["budget_not_kept"] += 1
