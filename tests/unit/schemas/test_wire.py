"""schemas/wire.py"""

from typing import Annotated, Any

import pytest
from pydantic import Field

from schemas.reference import MODELS
from schemas.wire import Invalid, Key, Wire, long_names, short_keys, unknown_fields


class Leaf(Wire):
    size: Annotated[int, Key("s")]


class Tree(Wire):
    name: Annotated[str, Key("n")]
    height: Annotated[float | None, Key("h")] = None
    leaves: Annotated[list[Leaf] | None, Key("l")] = None
    by_place: Annotated[dict[str, Leaf] | None, Key("p")] = None
    plain: int | None = Field(None, description="no short key")


OAK = Tree(name="oak", height=1.5, leaves=[Leaf(size=1)], by_place={"size": Leaf(size=2)}, plain=3)
OAK_SHORT = {"n": "oak", "h": 1.5, "l": [{"s": 1}], "p": {"size": {"s": 2}}, "plain": 3}
OAK_LONG = {
    "name": "oak",
    "height": 1.5,
    "leaves": [{"size": 1}],
    "by_place": {"size": {"size": 2}},
    "plain": 3,
}


@pytest.mark.parametrize("sent", [OAK_SHORT, OAK_LONG, {**OAK_SHORT, "name": "oak", "leaves": [{"size": 1}]}])
def test_long_names_and_short_keys_are_read_in_any_mix(sent: dict[str, Any]) -> None:
    assert Tree.load(sent) == OAK


def test_a_model_is_written_under_either_names_and_senders_own_keys_stay_as_they_are() -> None:
    assert OAK.dump(short=True) == OAK_SHORT
    assert OAK.dump(short=False) == OAK_LONG


@pytest.mark.parametrize("short", [True, False])
def test_plain_fields_are_written_without_a_model_as_one_writes_them(*, short: bool) -> None:
    fields: dict[str, Any] = {"name": "oak", "height": None, "plain": 3}
    assert Tree.map_of(short=short, **fields) == Tree(**fields).dump(short=short)
    with pytest.raises(KeyError, match="bark"):
        Tree.map_of(short=short, bark="rough")


def test_absent_fields_are_not_written() -> None:
    assert Tree(name="bush").dump(short=False) == {"name": "bush"}


@pytest.mark.parametrize("sent", [{"n": "short", "name": "long"}, {"name": "long", "n": "short"}])
def test_the_long_name_wins_wherever_it_stands(sent: dict[str, Any]) -> None:
    assert Tree.load(sent).name == "long"


def test_loading_leaves_what_was_decoded_as_it_was() -> None:
    sent = {"n": "oak", "l": [{"s": 1, "colour": 5}], "colour": 7}
    Tree.load(sent)
    assert sent == {"n": "oak", "l": [{"s": 1, "colour": 5}], "colour": 7}


def test_unknown_fields_are_ignored_and_counted() -> None:
    sent = {"n": "oak", "colour": "green", "": 1, b"n": 2, 7: 3}
    assert Tree.load(sent) == Tree(name="oak")
    assert unknown_fields(Tree, sent) == 4
    assert unknown_fields(Tree, OAK_SHORT) == unknown_fields(Tree, OAK_LONG) == 0


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "name"),
        ({"n": 5}, "name"),
        ({"n": b"oak"}, "name"),
        ({"n": "oak", "h": "1.5"}, "height"),
        ({"n": "oak", "h": True}, "height"),
        ({"n": "oak", "plain": 1.0}, "plain"),
        ({"n": "oak", "l": [{"s": 1}, {"s": "1"}]}, "leaves.1.size"),
        ({"n": "oak", "l": ({"s": 1},)}, "leaves"),
        ({"n": "oak", "p": {"nest": {}}}, "by_place.nest.size"),
        ({"n": "oak", "l": [[]]}, "leaves.0"),
    ],
)
def test_a_wrong_field_is_named_by_its_long_path_and_no_type_passes_for_another(
    sent: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        Tree.load(sent)
    assert refused.value.field == field
    assert str(refused.value) == f"`{field}`: {refused.value.problem}"


@pytest.mark.parametrize("sent", [None, [], "n", 5, b"", [{"n": "oak"}]], ids=repr)
def test_what_is_no_map_is_told_so(sent: object) -> None:
    with pytest.raises(Invalid, match=r"^must be a map$"):
        Tree.load(sent)


def test_a_refusal_neither_repeats_what_was_sent_nor_grows_with_it() -> None:
    with pytest.raises(Invalid) as refused:
        Tree.load({"n": "oak", "p": {"secret " + "x" * 100_000: {"s": "password"}}})
    assert "password" not in str(refused.value)
    assert len(str(refused.value)) < 200
    with pytest.raises(Invalid) as refused:
        Tree.load({"n": "oak", "p": {b"\xff" * 100_000: {"s": 1}}})
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_name_or_key_of_a_model_means_two_fields(model: type[Wire]) -> None:
    keys = short_keys(model)
    assert len(set(keys.values())) == len(keys)
    assert not set(keys) & {short for name, short in keys.items() if short != name}
    assert long_names(model) == {
        **{short: name for name, short in keys.items()},
        **{name: name for name in keys},
    }


def test_a_wire_value_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        OAK.name = "elm"  # type: ignore[misc]
