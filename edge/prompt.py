"""What a device knows, as text for a prompt, within a budget of tokens. Pure.

    Known:
    - Ana is allergic to peanuts
    Now:
    - kitchen temperature 21.5 °C (2026-11-22 13:48 UTC)
    Before:
    - 2026-11-21: Ana asked for the radio and went to bed early.
    2026-11-22 UTC:
    - 08:30 Ana likes the window open at night
    This session:
    - 13:50 what about the window?
    (memory as of 13:52 UTC; offline)

A line that begins with `- ` tells one whole memory, and no memory can write another kind of line: what
somebody wrote is told on one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo

from edge.answers import Answer, Context, Freshness
from edge.knowing import Known
from edge.page import Page, Part, Told, moment
from edge.recollecting import latest, newest_first
from edge.token_estimate import estimate
from schemas.limits import BUDGET_TOKENS_DEFAULT
from schemas.replies import Match
from schemas.telling import content

TURNS_MAX = 12
"""Of the running session: what is further back is found if it matters."""
PAUSE_S_MAX = 30 * 60.0
"""Where no session is named, turns that are older are of another one; the memory's own `silence_s`."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How it is told: to whom, when, and in whose time."""

    now: float
    """Epoch seconds."""
    session: str | None = None
    """That is running: its last turns come before all else."""
    zone: tzinfo = UTC
    count: Callable[[str], int] = estimate
    """How many tokens a text costs, to the model that reads it."""


def context(
    known: Known, answer: Answer, telling: Telling, *, budget: int = BUDGET_TOKENS_DEFAULT
) -> Context:
    """The most useful that fits: the last turns, what was recalled, the state, what is stable, gists.

    `answer` is what was recalled, fresh or not; `known`, what the device knows beside it.
    """
    page = Page(budget, telling.count, telling.zone, _foot(answer.freshness, telling))
    for told in _by_use(known, answer, telling):
        page.offer(told)
    text = page.text()
    taken = tuple(told.match for told in page.taken)
    return Context(text, telling.count(text), answer.freshness, taken, answer.failure)


def _by_use(known: Known, answer: Answer, telling: Telling) -> Iterator[Told]:
    everything = {match.memory: match for match in (*known.pool, *answer.matches)}.values()
    turns = [match for match in newest_first(everything) if _is_turn(match, telling)][:TURNS_MAX]
    lines = {match.memory for match in known.digest}
    state = [match for match in latest(everything) if match.value is not None or match.memory in lines]
    states = {match.memory for match in state}
    gists = [match for match in known.digest if match.tier == "summary"]
    stable = [match for match in known.digest if match.attribute is None and match.tier == "raw"]
    for match in turns:
        yield Told(match, Part.SESSION, content(match, known.entity))
    for match in (*answer.matches, *state, *stable, *gists):
        part = Part.NOW if match.memory in states else _part(match, is_line=match.memory in lines)
        said = content(match, known.entity)
        if part is Part.NOW:
            said = f"{said} ({moment(match.at, telling.zone):%Y-%m-%d %H:%M %Z})"
        elif part is Part.BEFORE:
            said = f"{moment(match.at, telling.zone):%Y-%m-%d}: {said}"
        yield Told(match, part, said)


def _is_turn(match: Match, telling: Telling) -> bool:
    """Whether it was said in the running session; there, what is no reading is worth telling, too."""
    if match.tier == "summary" or match.session != telling.session:
        return False
    if telling.session is None:
        return match.kind == "turn" and telling.now - match.at <= PAUSE_S_MAX
    return match.kind != "reading"


def _part(match: Match, *, is_line: bool) -> Part:
    if not is_line:
        return Part.REMEMBERED
    return Part.BEFORE if match.tier == "summary" else Part.KNOWN


def _foot(freshness: Freshness, telling: Telling) -> str:
    """How old it is, where the memory itself did not answer."""
    if freshness.state == "fresh":
        return ""
    if freshness.since is None:
        return "(offline: only what this device itself observed)"
    since, now = moment(freshness.since, telling.zone), moment(telling.now, telling.zone)
    day = "" if since.date() == now.date() else f"{since:%Y-%m-%d} "
    return f"(memory as of {day}{since:%H:%M %Z}; offline)"
