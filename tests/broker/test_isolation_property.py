"""Whatever is granted and asked: a reply holds what the grants let see, all of it, and nothing else."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.attacker import DENIED, OK, Attacker
from tests.broker.guarded import Guarded
from tests.wire import profiles

profiles.load()

EXAMPLES_MAX = 40
ENTITIES = ["home7", "home7/ana", "home7/ana/desk", "home70", "garden"]
WORDS = ["zebra", "quartz", "violin", "comet", "walnut", "harbour", "pepper", "lantern", "glacier", "saddle"]
LISTED_MAX = 100


@dataclass(frozen=True, slots=True)
class Known:
    """A memory, and the word by which it is known wherever it appears."""

    memory: str
    tenant: str
    entity: str
    word: str


@dataclass(frozen=True, slots=True)
class World:
    """Two tenants with the same entities, and what is remembered of each."""

    ours: str
    theirs: str
    known: tuple[Known, ...]

    def visible(self, entity: str, *, below: bool) -> list[Known]:
        """What a request of our tenant about an entity should find."""
        return [
            each
            for each in self.known
            if each.tenant == self.ours
            and (each.entity == entity or (below and each.entity.startswith(f"{entity}/")))
        ]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody tries."""

    is_own_tenant: bool
    is_own_client: bool
    verb: str
    entity: str
    below: bool
    op: str
    word: str
    lies: dict[str, Any]

    @property
    def path(self) -> str:
        return f"{self.entity}/_all" if self.below else self.entity


@pytest.fixture(scope="module")
def world(guarded: Guarded) -> World:
    ours, theirs = (f"w-{uuid4().hex[:8]}" for _ in range(2))
    known = []
    words = iter(WORDS)
    for tenant in (ours, theirs):
        with guarded.client(f"gateway@{tenant}", "gateway", ("observe", "#")) as gateway:
            for entity, word in zip(ENTITIES, words, strict=False):
                observation = {"text": f"the {word} is here", "attribute": word, "value": 1}
                told = gateway.ask(f"mem/v1/{tenant}/obs/gateway/{entity}", observation)["receipts"]
                known.append(Known(told[0]["memory"], tenant, entity, word))
    return World(ours, theirs, tuple(known))


names = itertools.count()
filters = st.one_of(st.sampled_from(ENTITIES), st.sampled_from(["home7/#", "home7/ana/#", "garden/#", "#"]))
grants = st.lists(st.tuples(st.sampled_from(["recall", "recall", "manage", "observe"]), filters), max_size=4)
lies = st.dictionaries(
    st.sampled_from(["tenant", "client", "entity", "scope", "below", "device", "topic"]),
    st.sampled_from([*ENTITIES, "#", "+", "_all", True]),
    max_size=3,
)
wishes = st.builds(
    Wish,
    is_own_tenant=st.sampled_from([True, True, True, False]),
    is_own_client=st.sampled_from([True, True, True, False]),
    verb=st.sampled_from(["query", "query", "manage"]),
    entity=st.sampled_from(ENTITIES),
    below=st.booleans(),
    op=st.sampled_from(["recent", "recall", "get", "state", "stats", "export"]),
    word=st.sampled_from(WORDS),
    lies=lies,
)


def asking(entity: str, *, below: bool = False, op: str = "recent", verb: str = "query") -> Wish:
    return Wish(
        is_own_tenant=True, is_own_client=True, verb=verb, entity=entity, below=below, op=op, word="zebra",
        lies={},
    )  # fmt: skip


@given(grants, st.lists(wishes, min_size=1, max_size=6))
@example([("recall", "home7")], [asking("home7"), asking("home7", below=True), asking("home7/ana")])
@example(
    [("recall", "home7/#")], [asking("home7", below=True), asking("home70"), asking("home70", below=True)]
)
@example(
    [("recall", "#"), ("manage", "garden")], [asking("home7", verb="manage"), asking("home7/ana", op="get")]
)
@settings(max_examples=EXAMPLES_MAX)
def test_a_reply_holds_what_was_granted_and_nothing_else(
    guarded: Guarded, world: World, grants: list[tuple[str, str]], wishes: list[Wish]
) -> None:
    for wish, reply in replies(guarded, world, grants, wishes):
        visible = world.visible(wish.entity, below=wish.below)
        hidden = [each for each in world.known if each not in visible]
        said = json.dumps(reply)
        assert not [each for each in hidden if each.memory in said or each.word in said], (wish, reply)
        if wish.verb == "query" and wish.op != "export":
            holds_all(wish, reply, visible)


def replies(
    guarded: Guarded, world: World, grants: list[tuple[str, str]], wishes: list[Wish]
) -> Iterator[tuple[Wish, Any]]:
    """The answer to each wish that the grants allow; the broker must refuse the others, and take these."""
    name = f"k{next(names)}"
    with guarded.client(f"{name}@{world.ours}", "kiosk", *grants) as client:
        for wish in wishes:
            tenant = world.ours if wish.is_own_tenant else world.theirs
            topic = f"mem/v1/{tenant}/{wish.verb}/{name if wish.is_own_client else 'gateway'}/{wish.path}"
            answer = client.publish(topic, request_of(wish, world))
            if not is_allowed(wish, grants):
                assert answer == DENIED, (topic, grants)
                continue
            assert answer == OK, (topic, grants)
            heard, reply = client.next()
            assert heard == f"mem/v1/{world.ours}/reply/{name}/{wish.path}"
            yield wish, reply
        assert nothing_more(client, name, world.ours), "what was refused was not answered either"


def nothing_more(client: Attacker, name: str, tenant: str) -> bool:
    """A round trip with the broker, before whose end anything else would have come."""
    client.subscribe(f"mem/v1/{tenant}/reply/{name}/#")
    return client.heard() == []


def is_allowed(wish: Wish, grants: list[tuple[str, str]]) -> bool:
    wanted = "recall" if wish.verb == "query" else "manage"
    return (
        wish.is_own_tenant
        and wish.is_own_client
        and any(right == wanted and covers(entity, wish) for right, entity in grants)
    )


def covers(granted: str, wish: Wish) -> bool:
    """As CONTRACT §1 has it: `home7/#` covers `home7`, all below it and its `_all`; `home7` itself alone."""
    if granted == "#":
        return True
    if granted.endswith("/#"):
        root = granted.removesuffix("/#")
        return wish.entity == root or wish.entity.startswith(f"{root}/")
    return wish.entity == granted and not wish.below


def request_of(wish: Wish, world: World) -> dict[str, Any]:
    fields: dict[str, dict[str, Any]] = {
        "recent": {"limit": LISTED_MAX},
        "recall": {"text": f"where is the {wish.word}?", "limit": LISTED_MAX},
        "get": {"memories": [each.memory for each in world.known]},
    }
    # A lie is a field that the op does not have; those it has are no lies.
    return {**wish.lies, "op": wish.op, **fields.get(wish.op, {})}


def holds_all(wish: Wish, reply: Any, visible: list[Known]) -> None:
    """The reply is whole: a service that refused everybody would leak nothing, and be of no use."""
    ids = {each.memory for each in visible}
    match wish.op:
        case "stats":
            assert reply["count"] == len(visible)
        case "state":
            assert set(reply["state"]) == {each.word for each in visible}
        case "get" if not visible:
            assert reply["code"] == 404
        case "recall":
            found = {match["memory"] for match in reply["matches"]}
            assert found <= ids
            assert {each.memory for each in visible if each.word == wish.word} <= found
        case _:
            assert {match["memory"] for match in reply["matches"]} == ids
