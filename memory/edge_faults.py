"""What Qdrant Edge raises, in our words: callers know only ours."""

from collections.abc import Iterator
from contextlib import contextmanager

import qdrant_edge as edge

from memory.errors import MemoryFault, StoreBroken, StoreFailed

HINT = (
    "check the disk's space and rights, where the cause goes away it goes on by itself;"
    " a damaged file is mended by a backup: membroker restore DIR"
)
_PANICS = "pyo3_runtime"
"""The module of what Edge's panics are raised as: no Exception, so that it would end us unseen."""


@contextmanager
def faults(doing: str) -> Iterator[None]:
    """Turns Edge's bare exceptions and panics, and what the disk raises, into faults of the store."""
    try:
        yield
    except (MemoryFault, TypeError, AttributeError):
        raise  # the latter two are mistakes of ours, which no waiting mends
    except Exception as error:
        raise StoreFailed(f"{doing} failed: {str(error) or type(error).__name__}", hint=HINT) from error
    except BaseException as error:
        if type(error).__module__ != _PANICS:
            raise
        raise StoreBroken(f"{doing} failed: Qdrant Edge panicked: {error}", hint=HINT) from error


@contextmanager
def closed_on_failure(shard: edge.EdgeShard) -> Iterator[None]:
    """Lets go of a shard's files where the block fails: whoever mends it could not open it before."""
    try:
        yield
    except BaseException:
        shard.close()
        raise
