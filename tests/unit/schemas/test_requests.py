"""schemas/requests.py"""

from typing import Any

import pytest

from schemas.requests import (
    DEFAULT_OP,
    OPS,
    REQUESTS,
    Context,
    Export,
    Filters,
    Forget,
    Recall,
    Recent,
    Request,
    UnknownOp,
    request_type,
)
from schemas.wire import Invalid, short_keys

QUERY_OPS = ("recall", "recent", "context", "state", "profile", "get", "stats", "feedback")
MANAGE_OPS = ("forget", "update", "history", "export", "audit")
FILTER_KEYS = {
    "since": "f", "until": "e", "kinds": "k", "tags": "g", "devices": "c", "sessions": "s", "meta": "m",
}  # fmt: skip
CONTRACT_KEYS = {"op": "o", "id": "i", "deadline_ms": "d"}
"""Contract §5, for ever; as are the keys of the filters."""


def test_the_ops_are_the_contracts_each_on_its_verb() -> None:
    assert tuple(OPS) == (
        *(("query", op) for op in QUERY_OPS),
        *(("manage", op) for op in MANAGE_OPS),
    )
    assert {kind.verb for kind in REQUESTS} == {"query", "manage"}


def test_the_short_keys_are_the_contracts() -> None:
    for request in REQUESTS:
        assert short_keys(request).items() >= CONTRACT_KEYS.items()
    for listing in (Filters, Recall, Recent, Context, Export):
        assert short_keys(listing).items() >= FILTER_KEYS.items()
    own = {"text": "q", "limit": "n", "min_score": "z", "explain": "x", "max_bytes": "l"}
    since_then = {"now": "a", "tz": "y"}
    assert short_keys(Recall) == CONTRACT_KEYS | FILTER_KEYS | own | since_then
    assert short_keys(Context)["budget"] == "b"


def test_the_defaults_are_the_contracts() -> None:
    recall, context = Recall.load({"text": "x"}), Context.load({"text": "x"})
    assert (recall.limit, recall.explain, recall.deadline_ms, recall.max_bytes) == (10, False, None, None)
    assert context.budget == 512


@pytest.mark.parametrize(("verb", "op"), OPS)
@pytest.mark.parametrize("name", ["op", "o"])
def test_an_op_is_found_under_either_name_by_its_verb_alone(verb: str, op: str, name: str) -> None:
    found = request_type(verb, {name: op, "text": object()})
    assert (found.verb, found.model_fields["op"].default) == (verb, op)
    other = "manage" if verb == "query" else "query"
    with pytest.raises(UnknownOp, match=f"`op`: {other} has "):
        request_type(other, {name: op})


def test_a_query_without_an_op_is_a_recall_and_nothing_is_changed_by_default() -> None:
    assert request_type("query", {"text": "x"}) is Recall
    assert DEFAULT_OP == {"query": "recall"}
    with pytest.raises(Invalid, match="`op`: must be one of forget, update, history, export, audit"):
        request_type("manage", {"all": True})


@pytest.mark.parametrize("op", [None, 1, True, ["recall"], {}, b"recall"], ids=repr)
def test_an_op_that_is_no_text_is_refused_by_name(op: object) -> None:
    with pytest.raises(Invalid, match="`op`: must be one of recall, "):
        request_type("query", {"op": op})


@pytest.mark.parametrize("op", ["", "Recall", "recall ", "forget", "__init__"])
def test_an_unknown_op_is_told_which_there_are(op: str) -> None:
    with pytest.raises(UnknownOp) as refused:
        request_type("query", {"op": op})
    assert str(refused.value) == f"`op`: query has {', '.join(QUERY_OPS)}"


def test_the_long_op_wins() -> None:
    assert request_type("query", {"op": "recent", "o": "recall"}) is Recent
    with pytest.raises(Invalid, match="`op`"):
        Recent.load({"op": "recall"})


WAYS: list[dict[str, Any]] = [{"memories": ["m"]}, {"where": {"kinds": ["note"]}}, {"all": True}]


@pytest.mark.parametrize("way", WAYS)
def test_forgetting_takes_one_way(way: dict[str, Any]) -> None:
    assert Forget.load(way).dump(short=False) == {"op": "forget", **way}


@pytest.mark.parametrize(
    "ways", [{}, WAYS[0] | WAYS[1], WAYS[0] | WAYS[2], WAYS[1] | WAYS[2], WAYS[0] | WAYS[1] | WAYS[2]]
)
def test_forgetting_takes_neither_none_nor_two(ways: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="only one"):
        Forget.load(ways)


@pytest.mark.parametrize("all_", [1, 1.0, "true", False, 0, [], "yes"], ids=repr)
def test_only_true_forgets_everything(all_: object) -> None:
    with pytest.raises(Invalid, match="`all`: must be true"):
        Forget.load({"all": all_})


@pytest.mark.parametrize(
    "where",
    [{}, {"kind": ["note"]}, {"tags": []}, {"meta": {}}, {"kinds": None}, {"tags": [], "meta": {}}],
    ids=repr,
)
def test_conditions_that_leave_nothing_out_do_not_forget_everything(where: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="`where` needs a filter"):
        Forget.load({"where": where})


@pytest.mark.parametrize(
    "where", [{"since": 0}, {"until": -1}, {"g": ["x"]}, {"meta": {"a": None}}], ids=repr
)
def test_one_condition_is_enough(where: dict[str, Any]) -> None:
    assert Forget.load({"where": where}).where is not None


def test_conditions_are_read_under_short_keys_within_a_request() -> None:
    forget = Forget.load({"w": {"k": ["note"], "until": 5}})
    assert forget.dump(short=False) == {"op": "forget", "where": {"until": 5.0, "kinds": ["note"]}}
    assert forget.dump(short=True) == {"o": "forget", "w": {"e": 5.0, "k": ["note"]}}


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
def test_no_request_names_a_tenant_client_or_entity(kind: type[Request]) -> None:
    assert not {"tenant", "client", "entity", "reply_to", "topic"} & set(kind.model_fields)
