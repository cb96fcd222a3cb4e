"""Who is here, and who left."""

from edge.visitors import Visitors


def test_its_own_entity_is_always_here_and_others_while_they_are() -> None:
    visitors = Visitors("hall")
    assert (visitors.is_here("hall"), visitors.is_here("ana")) == (True, False)
    visitors.come("ana")
    assert visitors.is_here("ana")
    assert visitors.leave("ana", keep=True)
    assert not visitors.is_here("ana")
    assert not visitors.wanted_nothing_kept("ana")


def test_who_came_twice_is_gone_when_they_left_twice_and_what_they_said_once_holds() -> None:
    visitors = Visitors("hall")
    visitors.come("ana")
    visitors.come("ana")
    assert not visitors.leave("ana", keep=False)
    assert visitors.leave("ana", keep=True)
    assert visitors.wanted_nothing_kept("ana")
    visitors.come("ana")
    assert visitors.leave("ana", keep=True)
    assert not visitors.wanted_nothing_kept("ana"), "that was another visit"
