"""The whole set of a seed, in the form that `python -m bench.recall_quality` reads."""

from typing import Any

from bench.home import about_people, about_readings, about_states, about_times
from bench.home.chores import keep_house
from bench.home.climate import measure
from bench.home.diary import HOME, Diary
from bench.home.incidents import happen
from bench.home.machines import run
from bench.home.switches import switch
from bench.home.talk import converse

DEVELOPED_ON = 1
"""Seed looked at while the ranking is worked on."""
PUBLISHED = 2
"""Seed whose numbers stand in docs/recall.md."""


def conversations(seed: int) -> list[dict[str, Any]]:
    """One household: what was observed, oldest first, and what is asked."""
    diary = Diary(seed)
    for happens in (measure, switch, run, keep_house, happen, converse):
        happens(diary)
    asked = [
        question.as_map()
        for topic in (about_states, about_times, about_readings, about_people)
        for question in topic.questions(diary)
        if question.evidence
    ]
    observed = sorted(diary.entries, key=lambda each: each.at)
    return [{"conversation": HOME, "observed": [each.as_map() for each in observed], "questions": asked}]
