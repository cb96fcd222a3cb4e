"""Questions of what people told: what they like, what is so, what they do, what changed, what was agreed."""

from collections.abc import Iterator

from bench.home.asking import Asked
from bench.home.diary import Diary
from bench.home.tales import CHANGES, TALES
from bench.home.talk import EPISODES


def questions(diary: Diary) -> Iterator[Asked]:
    """Each tale once, changes as they are and as they were, each episode."""
    for tale in TALES:
        yield Asked(tale.category, diary.chance.choice(tale.asked), diary.of(f"told {tale.asked[0]}"))
    for tale in CHANGES:
        yield Asked("change", tale.asked[0], diary.of(f"now {tale.asked[0]}"))
        yield Asked("change", tale.asked_before, diary.of(f"before {tale.asked[0]}"))
    for *_, question in EPISODES:
        yield Asked("episode", question, diary.of(f"episode {question}"))
