"""workers/faults.py, and docs/faults.md: the table is what is decided, and each row has its test."""

import ast
import re
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker_bridge.codec import Malformed
from broker_bridge.faults import BrokerFault
from broker_bridge.topics import BadTopic
from memory import errors
from memory.errors import MemoryFault
from schemas.requests import UnknownOp
from schemas.wire import Invalid
from workers.clock import ClockWrong
from workers.faults import (
    HOLD_S_FIRST,
    HOLD_S_MAX,
    TRIES_BEFORE_REOPENING,
    Answer,
    Decision,
    Doing,
    Refuse,
    Reopening,
    WrongForEver,
    decide,
    hold,
)
from workers.unanswered import Impossible, NotFound, NotServed

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "faults.md").read_text()
OF_MEMORY = {
    name: kind("it is away", hint="wait")
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, MemoryFault)
}
FAULTS: dict[str, Exception] = OF_MEMORY | {
    "OSError": OSError(28, "No space left on device"),
    "BrokerFault": BrokerFault("it is away", hint="start it"),
    "Malformed": Malformed("no value"),
    "Invalid": Invalid("text", "too long"),
    "WrongForEver": WrongForEver("too_large", "send less"),
    "BadTopic": BadTopic("a level"),
    "UnknownOp": UnknownOp("none"),
    "NotServed": NotServed("not yet"),
    "NotFound": NotFound("none"),
    "Impossible": Impossible("`all`: not with filters"),
    "Reopening": Reopening("flushing"),
    "ClockWrong": ClockWrong("it is 1970"),
    "ZeroDivisionError": ZeroDivisionError("a fault of ours"),
}


class Row(NamedTuple):
    fault: str
    doing: Doing
    first: str
    later: str
    test: str


def table(mark: str) -> list[list[str]]:
    """The cells of a marked table, without its head."""
    [lines] = re.findall(rf"<!-- {mark} -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines.strip().split("\n")[2:]]


def rows() -> list[Row]:
    found: list[Row] = []
    for fault, doing, decision, _, test in table("faults"):
        [named] = [name for name in re.findall(r"`(\w+)`", fault) if name in FAULTS]
        decided = re.findall(r"`(\w+)`", decision)
        doings = re.findall(r"`(\w+)`", doing)
        found += [Row(named, Doing[each], decided[0], decided[-1], test) for each in doings]
    return found


ROWS = rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.fault} {row.doing.name}")
def test_what_decide_says_is_what_the_table_says(row: Row) -> None:
    fault = FAULTS[row.fault]
    assert type(decide(fault, row.doing)).__name__ == row.first
    later = decide(fault, row.doing, TRIES_BEFORE_REOPENING, alone=True)
    assert type(later).__name__ == row.later


def test_the_table_has_each_fault_each_decision_and_each_doing() -> None:
    assert {row.fault for row in ROWS} == FAULTS.keys()
    assert {name for row in ROWS for name in (row.first, row.later)} == {
        kind.__name__ for kind in get_args(Decision)
    }
    assert {row.doing for row in ROWS} == set(Doing)


def test_each_decision_is_explained() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \| ", PAGE, re.MULTILINE))
    assert explained == {kind.__name__ for kind in get_args(Decision)}


def test_each_fault_that_opening_or_storing_can_raise_has_its_row() -> None:
    """A new error of the memory needs a decision, and its row."""
    decided_at = {(row.fault, row.doing) for row in ROWS}
    of_store = {name for name in OF_MEMORY if name.startswith("Store")}
    at_start = {"StoreRefused"}  # of one observation: opening stores none
    assert {(name, Doing.OPENING) for name in of_store - at_start} <= decided_at
    while_serving = {"StoreTaken", "StoreMismatch"}  # of opening alone
    assert {(name, Doing.STORING) for name in of_store - while_serving} <= decided_at


@pytest.mark.parametrize("cells", [*table("faults"), *table("built")], ids=lambda cells: cells[0][:60])
def test_each_row_names_a_test_that_exists(cells: list[str]) -> None:
    [(name, file)] = re.findall(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/.]+)\)", cells[-1])
    tree = ast.parse((ROOT / file).read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert name in {function.name for function in functions}


@pytest.mark.parametrize("name", OF_MEMORY)
def test_an_asker_is_told_the_next_step(name: str) -> None:
    assert decide(OF_MEMORY[name], Doing.ANSWERING) == Answer(503, "a part of the memory is away", "wait")


@pytest.mark.parametrize(
    ("fault", "reason"), [("Malformed", "malformed"), ("Invalid", "invalid"), ("BadTopic", "topic")]
)
def test_a_refusal_has_its_stable_code(fault: str, reason: str) -> None:
    assert decide(FAULTS[fault], Doing.TAKING_IN) == Refuse(reason)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "code"), [("Invalid", 400), ("UnknownOp", 404), ("NotServed", 404),
                                            ("NotFound", 404), ("ZeroDivisionError", 500)])  # fmt: skip
def test_an_answer_has_the_contracts_code(name: str, code: int) -> None:
    decision = decide(FAULTS[name], Doing.ANSWERING)
    assert isinstance(decision, Answer)
    assert decision.code == code
    assert decision.hint


@given(st.integers(0, 10_000))
def test_a_wait_is_drawn_below_a_bound_that_never_passes_the_longest(attempt: int) -> None:
    bound = hold(attempt, draw=1.0).wait_s
    assert HOLD_S_FIRST <= bound <= HOLD_S_MAX
    assert 0.0 <= hold(attempt).wait_s <= bound


def test_the_bound_doubles_until_it_is_the_longest() -> None:
    bounds = [hold(attempt, draw=1.0).wait_s for attempt in range(12)]
    assert bounds[0] == HOLD_S_FIRST
    assert bounds[-1] == HOLD_S_MAX
    assert all(after in (2 * before, HOLD_S_MAX) for before, after in pairwise(bounds))


@pytest.mark.parametrize("draw", [0.0, 0.25, 1.0])
def test_the_jitter_is_full_so_that_services_do_not_come_back_together(draw: float) -> None:
    assert hold(3, draw=draw).wait_s == pytest.approx(draw * 8 * HOLD_S_FIRST)
    held = decide(FAULTS["StoreFull"], Doing.STORING, 3, draw=draw)
    assert held == hold(3, draw=draw)


def test_without_a_draw_waits_differ() -> None:
    assert len({hold(5).wait_s for _ in range(50)}) > 40
