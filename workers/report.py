"""How a worker says how it is."""

from typing import Protocol


class Report(Protocol):
    """Where a worker says that a part is in trouble, or no longer is."""

    def __call__(self, part: str, trouble: str | None) -> None: ...
