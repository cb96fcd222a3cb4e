"""workers/outgrown.py"""

from workers.outgrown import cut_back


class File:
    """Of so many rows, a byte each, of which some go at a time, and some never."""

    def __init__(self, rows: int, never: int = 0) -> None:
        self.rows = rows
        self.never = never

    def bytes_used(self) -> int:
        return self.rows

    def drop(self) -> int:
        some = min(3, self.rows - self.never)
        self.rows -= some
        return some


async def test_what_has_room_stays_whole() -> None:
    file = File(10)
    assert await cut_back(file.bytes_used, 10, file.drop) == 0
    assert file.rows == 10


async def test_the_oldest_go_until_the_rest_has_room() -> None:
    file = File(10)
    assert await cut_back(file.bytes_used, 5, file.drop) == 6
    assert file.rows == 4


async def test_it_ends_where_nothing_is_left_to_drop() -> None:
    file = File(10, never=8)
    assert await cut_back(file.bytes_used, 5, file.drop) == 2
