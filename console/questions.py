"""What the demo asks, and how answers are shown. Pure: the answers come from the memory alone."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from console.output import moment
from memory.errors import MemoryFault
from schemas.replies import Failure, Match, MatchesReply, Reply, StateReply, StatsReply
from schemas.wire import Raw

STATION = "seattle/station"
THERMOMETER = "seattle/thermometer"
EVERYTHING = "seattle/_all"


class NotAnswered(MemoryFault):
    """The memory answered with an error."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request, in a person's words and in the wire's."""

    words: str
    address: str
    request: Raw
    how: str
    """Why the answer can be believed."""


WHAT_IS_THERE = Question("How much is remembered?", EVERYTHING, {"op": "stats"}, "counted, not estimated")
SNOW = Question(
    "When did it snow?",
    STATION,
    {"text": "when did it snow?", "limit": 5},
    "by meaning: these five are nearest, there are more",
)
QUESTIONS = (
    SNOW,
    Question(
        "Which were the windiest days?",
        STATION,
        {"text": "the windiest days", "limit": 5},
        "by meaning, not sorted by number: from 8 m/s on, the station says it in words",
    ),
    Question(
        "Which was the hottest day in 2014?",
        STATION,
        {
            "op": "recent",
            "tags": ["record=hottest"],
            "since": "2014-01-01",
            "until": "2014-12-31T23:59:59Z",
            "limit": 1,
        },
        "exact: the station tags each day that is the year's hottest so far; the newest of them stands",
    ),
    Question(
        "A rainy day around Christmas 2012?",
        STATION,
        {"text": "a rainy day", "since": "2012-12-20", "until": "2012-12-28T23:59:59Z", "limit": 3},
        "by meaning, within these dates",
    ),
    Question(
        "What does the thermometer say?",
        THERMOMETER,
        {"op": "state"},
        "exact: the newest value of each attribute",
    ),
)
SHELL = Question("And from a shell: when did it snow?", STATION, {**SNOW.request, "limit": 2}, SNOW.how)


def as_json(request: Raw) -> str:
    """A request as anybody may send it."""
    return json.dumps(request, ensure_ascii=False)


def answer_lines(request: Raw, reply: Raw) -> list[str]:
    """An answer for people, a line for each thing that is remembered.

    Raises:
        NotAnswered: it is an error.
    """
    if reply.get("ok", reply.get("k")) is False:
        failure = Failure.load(reply)
        raise NotAnswered(
            f"{as_json(request)} was answered with {failure.code}: {failure.error}", hint=failure.hint
        )
    return _LINES[request.get("op", "recall")](reply)


def took_ms(reply: Raw) -> float:
    """How long the memory says that it took."""
    return Reply.load(reply).took_ms


def _matches(reply: Raw) -> list[str]:
    return [_match(match) for match in MatchesReply.load(reply).matches]


def _match(match: Match) -> str:
    score = "" if match.score is None else f"{match.score:.2f}  "
    return f"{moment(match.at)[:10]}  {score}{match.text}"


def _state(reply: Raw) -> list[str]:
    return [f"{moment(entry.at)}  {entry.text}" for entry in StateReply.load(reply).state.values()]


def _stats(reply: Raw) -> list[str]:
    stats = StatsReply.load(reply)
    kinds = ", ".join(f"{count:,} {kind}s" for kind, count in stats.kinds.items())
    devices = ", ".join(f"{count:,} from {device}" for device, count in stats.devices.items())
    span = (
        "" if stats.first is None or stats.last is None else f"{moment(stats.first)} to {moment(stats.last)}"
    )
    return [f"{stats.count:,} memories: {kinds}; {devices}", span]


_LINES: dict[str, Callable[[Raw], list[str]]] = {
    "recall": _matches,
    "recent": _matches,
    "state": _state,
    "stats": _stats,
}
