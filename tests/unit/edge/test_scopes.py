"""edge/scopes.py"""

import pytest

from edge.scopes import overlap, path_of, root


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("home7/ana", "home7/ana", True),
        ("home7/ana", "home7/_all", True),
        ("home7", "home7/_all", True),
        ("home7/_all", "home7/ana/_all", True),
        ("home7/ana/diary", "home7/_all", True),
        ("home7", "home7/ana", False),
        ("home7/ana", "home7/anabel", False),
        ("home7/ana", "home7/ana/_all", True),
        ("home7/ben", "home7/ana/_all", False),
        ("home70/ana", "home7/_all", False),
    ],
)
def test_two_paths_speak_of_the_same_one_or_not(one: str, other: str, *, said: bool) -> None:
    assert overlap(one, other) is overlap(other, one) is said


def test_the_root_of_a_path_is_an_entity() -> None:
    assert root("home7/_all") == root("home7") == "home7"
    assert [path_of("home7", below=below) for below in (True, False)] == ["home7/_all", "home7"]
