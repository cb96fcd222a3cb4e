"""What can go wrong in remembering: one tree, each error carrying the next step."""


class MemoryFault(Exception):
    """A fault of the memory: the message says what happened and where, `hint` what to do next."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}. {self.hint}"


class ModelError(MemoryFault):
    """The embedding model is missing, damaged, unknown or could not be fetched."""


class StoreError(MemoryFault):
    """The store is away, or could not do what was asked of it; the same may succeed later."""


class StoreFull(StoreError):
    """There is no room to write; it goes on by itself when there is."""


class StoreFailed(StoreError):
    """The open store could not do it; the same may succeed later, or only once it is opened anew."""


class StoreBroken(StoreFailed):
    """The open store is broken in itself: no trying again mends that, opening it anew may."""


class StoreRefused(MemoryFault):
    """What was to be stored is wrong in itself: trying again would never help."""


class StoreTaken(StoreError):
    """Another process holds the store."""


class StoreMismatch(StoreError):
    """The store was made with another model, precision, dimension or schema than asked for."""
