"""Files that take no more of the disk than they may."""

import asyncio
from collections.abc import Callable


async def cut_back(bytes_used: Callable[[], int], bytes_max: int, drop_oldest: Callable[[], int]) -> int:
    """Drops what is oldest, some at a time, until the rest has room, or there is nothing to drop; how many.

    Both block, and are called in a thread: who writes to the file has it in between. Raises what they raise.
    """
    dropped = 0
    while await asyncio.to_thread(bytes_used) > bytes_max and (some := await asyncio.to_thread(drop_oldest)):
        dropped += some
    return dropped
