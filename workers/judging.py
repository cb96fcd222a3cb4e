"""The importance of what is about to be stored, where its device gave none (`memory/importance.py`)."""

from memory.importance import judged
from memory.novelty import Recent
from workers.batch import Batch


class Judging:
    """Knows what was stored lately, so that the new is told from the known. Repeats never come here."""

    def __init__(self) -> None:
        self._recent = Recent()

    def judge(self, batch: Batch) -> None:
        """Decides for each that is embedded. What measures is as near to its like as any: it is no news."""
        for memory_id, taken in batch.fresh.items():
            memory, vector = taken.memory, batch.vectors.get(memory_id)
            if vector is None:
                continue
            nearest = self._recent.nearest(memory, vector) if memory.value is None else None
            if memory.importance is None:
                batch.judged[memory_id] = judged(memory, nearest=nearest)
