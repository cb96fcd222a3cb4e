"""workers/judging.py"""

from dataclasses import replace
from typing import Any

import numpy as np

from memory.importance import importance
from memory.records import Memory
from workers.batch import Batch
from workers.intake import Accepted
from workers.judging import Judging

ONE, OTHER = np.eye(2, dtype=np.float32)


def a_memory(id_: str, text: str = "nice weather", **fields: Any) -> Memory:
    usual: dict[str, Any] = {"kind": "turn", "tenant": "acme", "entity": "e", "device": "d"}
    return Memory(id_, text=text, at=0.0, received=0.0, **(usual | fields))


def a_batch(*memories: Memory) -> Batch:
    batch = Batch([], [], {each.id: Accepted(each, is_plain=False, raw=None) for each in memories})
    batch.vectors = {each.id: ONE for each in memories}
    return batch


def test_what_has_no_importance_gets_one_and_says_that_it_is_ours() -> None:
    memory = a_memory("a", "Ana is allergic to nuts", kind="fact")
    batch = a_batch(memory)
    Judging().judge(batch)
    expected = importance(memory).value
    assert batch.as_stored(memory) == replace(memory, importance=expected, judged=True)


def test_what_the_device_said_stays_and_is_known_all_the_same() -> None:
    said, again = a_memory("a", importance=0.1), a_memory("b")
    batch = a_batch(said, again)
    Judging().judge(batch)
    assert batch.as_stored(said) is said
    assert batch.as_stored(again).importance == 0.45, "not new: nothing else was said just now"


def test_novelty_goes_from_batch_to_batch() -> None:
    judging = Judging()
    judging.judge(a_batch(a_memory("a")))
    batch = a_batch(a_memory("b"), a_memory("c"))
    batch.vectors["c"] = OTHER
    judging.judge(batch)
    assert [batch.judged[each].importance for each in "bc"] == [0.45, 0.55]


def test_what_measures_is_no_news_and_makes_none_old() -> None:
    reading = {"kind": "reading", "attribute": "smoke"}
    batch = a_batch(
        a_memory("a", "hall smoke 0.1", value=0.1, **reading),
        a_memory("b", "hall smoke 0.1", value=0.1, **reading),
        a_memory("c", "hall smoke true", value=True, **reading),
        a_memory("d"),
    )
    Judging().judge(batch)
    assert [batch.judged[each].importance for each in "abcd"] == [0.4, 0.4, 0.75, 0.5]


def test_what_could_not_be_embedded_is_not_judged() -> None:
    memory = a_memory("a")
    batch = a_batch(memory)
    batch.vectors.clear()
    Judging().judge(batch)
    assert batch.as_stored(memory) is memory
