"""memory/reported.py"""

from dataclasses import replace

import pytest

from memory.asking import Asked, asked
from memory.lexicon import lexicon
from memory.records import ENGLISH, Memory
from memory.reported import EachReport, Named, state_asked
from memory.series import Series
from memory.switching import Target, Value
from memory.word_forms import WordForms

FORMS = WordForms(lexicon(ENGLISH).stems)
VACUUM = Series("home7", "vacuum", "v-1")


def question(text: str) -> Asked:
    found = asked(text, bounded=False)
    assert found is not None
    return found


def reports(*values: Value, kind: str = "event") -> list[Memory]:
    memory = Memory(
        id="m", tenant="t", entity="home7", device="v-1", kind=kind, text="x", at=1.0, received=1.0
    )
    return [replace(memory, value=value) for value in values]


def test_a_state_is_known_by_its_own_word() -> None:
    cleaned = state_asked(question("how often did it clean?"), VACUUM, reports("Cleaning", "docked"), FORMS)
    assert cleaned == Named(frozenset({"cleaning"}))
    assert cleaned.said == "cleaning"
    assert [cleaned.holds_in("vacuum", value) for value in ("CLEANING ", "docked", 3)] == [True, False, None]


@pytest.mark.parametrize("values", [(30, 35), ("finished", "finished"), (True,)])
def test_what_only_ever_says_one_thing_tells_of_an_event_each_time(values: tuple[Value, ...]) -> None:
    fed = question("when was Minka last fed?")
    each = state_asked(fed, VACUUM, reports(*values), FORMS)
    assert each == EachReport()
    assert each.holds_in("vacuum", values[0])
    assert not each.holds_in("vacuum", None)
    assert state_asked(fed, VACUUM, reports(*values, kind="reading"), FORMS) is None


def test_of_several_states_none_is_meant_that_is_not_said() -> None:
    stuck = question("when did the vacuum last get stuck?")
    assert state_asked(stuck, VACUUM, reports("cleaning", "docked"), FORMS) is None


def test_what_only_tells_of_its_end_ran_each_time() -> None:
    ran = question("how often did the dishwasher run?")
    assert state_asked(ran, VACUUM, reports("finished"), FORMS) == EachReport()
    for others in (reports("finished", "running"), reports("idle"), reports("finished", kind="reading")):
        assert isinstance(state_asked(ran, VACUUM, others, FORMS), Target)
