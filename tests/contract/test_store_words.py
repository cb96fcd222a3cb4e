"""Finding by words, for every adapter alike: BM25 as the port has it, among the memories of one scope."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count
from math import log
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory import edge_words
from memory.conditions import EVERYTHING, Filters, scoped
from memory.errors import StoreRefused
from memory.happening import content
from memory.lexicon import lexicon
from memory.records import Candidate, Embedded, Memory, Scope, Words
from memory.store import MemoryStore
from memory.store_twin import TwinStore
from memory.word_forms import WordForms
from tests.contract.conftest import ADAPTERS, EDGE_READING_WORDS, adapter
from tests.contract.memories import (
    ALL,
    HOME,
    IDENTITY,
    LEXICON,
    NOW,
    Place,
    a_memory,
    embedded,
    put,
    read_matching,
    read_nearest,
    texts,
    toward,
)

HERE = scoped(HOME, EVERYTHING, NOW)


@pytest.fixture(params=[*ADAPTERS, EDGE_READING_WORDS])
async def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    """Every adapter; and Edge as it does in a small scope of a large store."""
    if request.param == EDGE_READING_WORDS:
        monkeypatch.setattr(edge_words, "READ_US", 0.0)
    async with adapter(request, tmp_path) as adapted:
        yield adapted


async def found(
    store: MemoryStore, question: str, filters: Filters = EVERYTHING, *, scope: Scope = HOME, now: float = NOW
) -> list[Candidate]:
    where, corpus = scoped(scope, filters, now), scoped(scope, EVERYTHING, now)
    return await read_matching(store, where, corpus, LEXICON.query(question), ALL)


async def scores(
    store: MemoryStore, question: str, filters: Filters = EVERYTHING, **of: Any
) -> dict[str, float]:
    candidates = await found(store, question, filters, **of)
    listed = [candidate.words for candidate in candidates if candidate.words is not None]
    assert len(listed) == len(candidates)
    assert listed == sorted(listed, reverse=True)
    assert all(candidate.similarity is None for candidate in candidates)
    by_text = dict(zip((candidate.memory.text for candidate in candidates), listed, strict=True))
    assert len(by_text) == len(candidates), "the tests give each memory a text of its own"
    return by_text


def near(expected: dict[str, float]) -> Any:
    return pytest.approx(expected, abs=1e-3)


def bm25(question: str, text: str, corpus: list[str]) -> float:
    """The formula, written down once more."""
    held = [set(LEXICON.document(each).indices) for each in corpus]
    document = LEXICON.document(text)
    weights = dict(zip(document.indices, document.values, strict=True))
    total = 0.0
    for word in LEXICON.query(question).indices:
        n = sum(word in each for each in held)
        total += log(1 + (len(corpus) - n + 0.5) / (n + 0.5)) * weights.get(word, 0.0)
    return total


BOILER, KEYS, CAT = (
    "the boiler in the cellar lost pressure, the boiler was refilled",
    "Ana's keys are in the cellar",
    "the cat sleeps on the sofa",
)


# Words and their rarity


async def test_words_are_scored_by_the_formula_and_the_best_comes_first(store: MemoryStore) -> None:
    said = [BOILER, KEYS, CAT]
    await put(store, *(a_memory(text=text) for text in said))
    question = "who refilled the boilers of the cellar?"
    expected = {text: bm25(question, text, said) for text in (BOILER, KEYS)}
    assert await scores(store, question) == near(expected)
    assert next(iter(await scores(store, question))) == BOILER


async def test_the_limit_cuts_after_the_best(store: MemoryStore) -> None:
    await put(store, *(a_memory(text=text) for text in (CAT, KEYS, BOILER)))
    [best] = await read_matching(store, HERE, HERE, LEXICON.query("boiler pressure in the cellar"), 1)
    assert best.memory.text == BOILER


async def test_a_memory_found_by_words_is_whole(store: MemoryStore) -> None:
    memory = a_memory(text=KEYS, tags=["a"], meta={"n": 1.0}, session="s1")
    await put(store, memory)
    [candidate] = await found(store, "keys")
    assert candidate.memory == memory


@pytest.mark.parametrize("question", ["", "the of and", "… — ?!", "zebra"])
async def test_a_question_without_words_that_are_there_finds_nothing(
    store: MemoryStore, question: str
) -> None:
    await put(store, a_memory(text=CAT))
    assert await found(store, question) == []


@pytest.mark.parametrize(
    ("question", "texts", "held"),
    [
        (
            "how often did Ana water the plants?",
            ["Ana watered the plants", "Ana likes plants", "Ben watered plants", "the plant that Ana waters"],
            [0, 3],
        ),
        ("how often did the doorbell ring?", ["The doorbell rang", "a visitor", "doorbell ringing"], [0, 2]),
        ("When did Ana last go swimming?", ["Ana went to swim", "Ana swims", "ana goes swimming"], [0, 2]),
        (
            "how often did Ana water the plants?",
            ["Ana gave the ferns a drink", "The houseplants got water from Ana", "Ana drank water"],
            [0, 1],
        ),
        ("when was the first frost?", ["the frost came", "it was warm"], [0]),
    ],
)  # fmt: skip
async def test_memories_hold_all_that_is_wanted_in_any_form(
    store: MemoryStore, question: str, texts: list[str], held: list[int]
) -> None:
    memories = [a_memory(text=text) for text in texts]
    await put(store, *memories)
    wanted = [each.in_text for each in content(question, WordForms(LEXICON.stems))]
    found, more = await store.holding(HERE, wanted, ALL)
    assert not more
    assert sorted(found) == sorted(memories[place].id for place in held)


@pytest.mark.parametrize(("said", "limit"), [(3, 2), (3, 3), (3, 4), (250, 200), (250, ALL)])
async def test_who_may_not_have_found_all_that_hold_it_says_so(
    store: MemoryStore, said: int, limit: int
) -> None:
    await put(store, *(a_memory(text=f"{KEYS}, {n}") for n in range(said)), a_memory(text=CAT))
    wanted = [LEXICON.stems("keys"), LEXICON.stems("cellar")]
    held, there_may_be_more = await store.holding(HERE, wanted, limit)
    assert there_may_be_more == (len(held) < said) or (there_may_be_more and limit == said)
    assert len(held) >= min(said, limit)


async def test_among_many_that_hold_most_of_it_those_that_hold_all_are_found(store: MemoryStore) -> None:
    """Though all that these lack is a word that nearly all memories hold."""
    most = [a_memory(text=f"Ana: keys, cellar {n}") for n in range(220)]
    others = [a_memory(text=f"the cat sleeps {n}") for n in range(220)]
    those = [
        a_memory(text="the cat has put " + "all manner of things beside " * 6 + "Ana's keys in the cellar")
    ]
    await put(store, *most, *others, *those)
    wanted = [LEXICON.stems(word) for word in ("ana", "keys", "cellar", "cat")]
    assert await store.holding(HERE, wanted, ALL) == ([each.id for each in those], False)


async def test_only_what_is_within_the_conditions_holds_what_is_wanted(store: MemoryStore) -> None:
    here, elsewhere = a_memory(text=KEYS, kind="note"), a_memory(text=KEYS, entity="home7/garden")
    await put(store, here, elsewhere, a_memory(text=KEYS, kind="event"))
    where = scoped(HOME, Filters(kinds=["note"]), NOW)
    assert await store.holding(where, [LEXICON.stems("keys")], ALL) == ([here.id], False)


@pytest.mark.parametrize("wanted", [[], [()], [LEXICON.stems("cat"), LEXICON.stems("zebra")]])
async def test_what_nothing_holds_is_not_there(store: MemoryStore, wanted: list[tuple[int, ...]]) -> None:
    await put(store, a_memory(text=CAT))
    assert await store.holding(HERE, wanted, ALL) == ([], False)


async def test_a_memory_without_words_is_found_by_none_and_counts(store: MemoryStore) -> None:
    said = [CAT, KEYS, "the of", "!?"]
    await put(store, *(a_memory(text=text) for text in said))
    assert await scores(store, "cat") == near({CAT: bm25("cat", CAT, said)})
    assert await texts(store) == set(said)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Der Schlüssel hängt neben der Tür", "schlüssel TÜR"),
        ("le chauffe-eau a été réparé", "chauffe réparé"),
        ("ключ лежит в подвале", "Подвале ключ"),
        ("ボイラー", "ボイラー"),
        ("error E-17 at 10.0.0.7: x=3.5", "E 17"),
        ("\x00\x01 odd \x7f signs \u202e and \U0001f600", "odd signs"),
        ("word " * 1638, "word"),
    ],
)
async def test_texts_of_any_kind_are_found_by_their_words(
    store: MemoryStore, text: str, question: str
) -> None:
    await put(store, a_memory(text=text), a_memory(text=CAT))
    assert await scores(store, question) == near({text: bm25(question, text, [text, CAT])})


# Whose words count


async def test_others_memories_change_no_score_and_are_not_found(store: MemoryStore) -> None:
    await put(store, *(a_memory(text=text) for text in (BOILER, KEYS, CAT)))
    before = await scores(store, "boiler cellar")
    others = [
        a_memory(tenant="other"),
        a_memory(entity="home8"),
        a_memory(entity="home7/ana"),
        a_memory(entity="home70"),
    ]
    await put(store, *(replace(each, text=f"boiler {n}") for n, each in enumerate(others)))
    assert await scores(store, "boiler cellar") == near(before)


async def test_below_an_entity_the_words_of_all_below_it_count(store: MemoryStore) -> None:
    await put(store, a_memory(text=CAT), a_memory(text=KEYS, entity="home7/ana"), a_memory(entity="home8"))
    below = Scope(HOME.tenant, HOME.entity, below=True)
    assert await scores(store, "cat keys", scope=below) == near(
        {text: bm25("cat keys", text, [CAT, KEYS]) for text in (CAT, KEYS)}
    )


async def test_a_filter_takes_memories_away_and_changes_no_score(store: MemoryStore) -> None:
    await put(
        store, a_memory(text=BOILER, kind="event"), a_memory(text=KEYS, kind="fact"), a_memory(text=CAT)
    )
    everything = await scores(store, "boiler keys cellar")
    events = await scores(store, "boiler keys cellar", Filters(kinds=["event"]))
    assert events == near({BOILER: everything[BOILER]})
    assert await scores(store, "boiler", Filters(kinds=["fact"])) == {}


async def test_what_has_expired_is_not_found_and_counts_no_more(store: MemoryStore) -> None:
    await put(store, a_memory(text=CAT), a_memory(text=KEYS), a_memory(text="a cat of old", expires=NOW - 1))
    assert await scores(store, "cat") == near({CAT: bm25("cat", CAT, [CAT, KEYS])})


async def test_what_is_forgotten_is_not_found_and_counts_no_more(store: MemoryStore) -> None:
    secret = a_memory(text="the cat burglar's name")
    await put(store, a_memory(text=CAT), a_memory(text=KEYS), secret)
    await store.forget([secret.id], NOW)
    assert await scores(store, "cat burglar") == near({CAT: bm25("cat burglar", CAT, [CAT, KEYS])})


async def test_a_new_version_is_found_by_its_own_words_alone(store: MemoryStore) -> None:
    memory = a_memory(text="a dog on the sofa")
    await put(store, memory, a_memory(text=KEYS))
    await put(store, replace(memory, text=CAT))
    assert await scores(store, "dog") == {}
    assert await scores(store, "sofa") == near({CAT: bm25("sofa", CAT, [CAT, KEYS])})


# Keeping them


async def test_words_are_there_after_a_restart_and_after_erasing(place: Place) -> None:
    store = place()
    await store.open(IDENTITY)
    await put(store, *(a_memory(text=text) for text in (BOILER, KEYS, CAT)))
    before = await scores(store, "boiler cellar")
    await store.close()
    store = place()
    await store.open(IDENTITY)
    assert not store.renewal_due
    assert await scores(store, "boiler cellar") == near(before)
    await store.erase()
    assert await scores(store, "boiler cellar") == near(before)
    await store.close()


async def test_another_language_makes_the_words_anew(place: Place) -> None:
    store = place()
    await store.open(IDENTITY)
    await put(store, a_memory(text="die Häuser am Hafen"))
    await store.close()
    german, store = lexicon("german"), place()
    await store.open(replace(IDENTITY, language="german"))
    await store.erase()
    assert not store.renewal_due
    question = german.query("das Haus")
    assert question != LEXICON.query("das Haus")
    [candidate] = await read_matching(store, HERE, HERE, question, ALL)
    assert candidate.memory.text == "die Häuser am Hafen"
    await store.close()


@pytest.mark.parametrize(
    "words", [Words((1, 1), (1.0, 1.0)), Words((1, 2), (1.0,)), Words((1,), (float("nan"),))]
)
async def test_doubtful_words_are_refused_with_their_batch(store: MemoryStore, words: Words) -> None:
    with pytest.raises(StoreRefused, match="no sparse vector"):
        await store.upsert([embedded(a_memory()), Embedded(a_memory(), toward(0), words)])
    assert await store.points() == 0


# Similarities of what was found by words


async def test_similarities_are_those_of_nearest(store: MemoryStore) -> None:
    memories = [a_memory() for _ in range(6)]
    angles = [0, 10, 60, 90, 120, 180]
    await store.upsert([embedded(m, toward(angle)) for m, angle in zip(memories, angles, strict=True)])
    nearest = {each.memory.id: each.similarity for each in await read_nearest(store, HERE, toward(0), ALL)}
    some = [memory.id for memory in memories[1::2]]
    assert await store.similarities(HERE, toward(0), some) == near({id_: nearest[id_] or 0.0 for id_ in some})


async def test_similarities_are_of_memories_that_may_be_seen(store: MemoryStore) -> None:
    mine, theirs, gone = a_memory(), a_memory(tenant="other"), a_memory()
    await put(store, mine, theirs, gone)
    await store.forget([gone.id], NOW)
    asked = [mine.id, theirs.id, gone.id, "no uuid"]
    assert await store.similarities(HERE, toward(0), asked) == near({mine.id: 1.0})
    assert await store.similarities(HERE, toward(0), []) == {}


# Whatever is remembered and asked


_serial = count()
SAID = st.lists(
    st.sampled_from(["cat", "cats", "boiler", "key", "the", "sofa", "21.5", "ключ", "Haus", "!"]), max_size=8
)
MEMORIES = st.lists(
    st.tuples(SAID, st.sampled_from(["home7", "home7/ana", "home8"]), st.sampled_from(["fact", "event"])),
    min_size=1,
    max_size=12,
)
QUESTIONS = st.lists(
    st.tuples(SAID, st.sampled_from(["home7", "home7/ana"]), st.booleans(), st.booleans()),
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=60,
    deadline=None,
    # One store for all examples on purpose: what earlier ones left must change no score.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(said=MEMORIES, asked=QUESTIONS)
async def test_every_adapter_scores_as_the_twin_does(
    store: MemoryStore, said: list[Any], asked: list[Any]
) -> None:
    tenant = f"t{next(_serial)}"
    memories: list[Memory] = [
        a_memory(tenant=tenant, text=f"{n}# {' '.join(words)}", entity=entity, kind=kind)
        for n, (words, entity, kind) in enumerate(said)
    ]
    twin = TwinStore()
    await twin.open(IDENTITY)
    await put(twin, *memories)
    await put(store, *memories)
    for words, entity, below, facts in asked:
        filters = Filters(kinds=["fact"]) if facts else EVERYTHING
        scope = Scope(tenant, entity, below)
        expected = await scores(twin, " ".join(words), filters, scope=scope)
        assert await scores(store, " ".join(words), filters, scope=scope) == near(expected)
