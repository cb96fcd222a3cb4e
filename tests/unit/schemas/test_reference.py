"""schemas/reference.py"""

import inspect
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from schemas import digest, limits, observation, receipt, replies, requests, service, stream
from schemas.observation import Observation
from schemas.reference import ERROR_CODES, MODELS, json_schema, tables
from schemas.replies import Code
from schemas.requests import Filters, Listing, Request
from schemas.wire import Wire, short_keys

BASES = {Wire, Request, Listing, replies.Reply, requests.InWords}
"""What others are made of; nobody sends them."""


def every_ref(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for item in value.values():
            yield from every_ref(item)
    elif isinstance(value, list):
        for item in value:
            yield from every_ref(item)


def rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table.splitlines()[2:]]


def test_every_model_that_is_sent_is_in_the_reference() -> None:
    modules = (digest, observation, receipt, replies, requests, service, stream)
    defined = {
        model
        for module in modules
        for _, model in inspect.getmembers(module, inspect.isclass)
        if issubclass(model, Wire) and model.__module__ == module.__name__
    }
    assert set(MODELS) == defined - BASES
    assert len(set(MODELS)) == len(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_schema_names_each_field_and_its_short_key(model: type[Wire]) -> None:
    properties = json_schema()["$defs"][model.__name__]["properties"]
    assert {name: said["x-short-key"] for name, said in properties.items()} == short_keys(model)


def test_the_schema_refers_to_nothing_that_it_does_not_define() -> None:
    schema = json_schema()
    assert set(every_ref(schema)) <= {f"#/$defs/{name}" for name in schema["$defs"]}


def test_the_schema_says_the_limits_that_json_schema_can_say() -> None:
    properties = json_schema()["$defs"]["Observation"]["properties"]
    said = {name: next(iter(each.get("anyOf", [each]))) for name, each in properties.items()}
    assert said["tags"]["maxItems"] == limits.TAGS_MAX
    assert said["unit"]["maxLength"] == limits.UNIT_CHARACTERS_MAX
    assert (said["importance"]["minimum"], said["importance"]["maximum"]) == (0, 1)
    assert said["seq"]["maximum"] == limits.INTEGER_MAX
    assert said["at"]["type"] == ["number", "string"]
    assert sorted(said["value"]["type"]) == ["boolean", "number", "string"]


def test_unknown_fields_stay_allowed_so_that_v1_can_grow() -> None:
    for definition in json_schema()["$defs"].values():
        assert definition.get("additionalProperties", True) is not False


def test_every_error_code_has_its_meaning() -> None:
    assert tuple(ERROR_CODES) == get_args(Code)
    assert [row[0] for row in rows(tables()["codes"])] == [str(code) for code in ERROR_CODES]


def test_the_observations_table_shows_each_field_with_its_key_type_and_meaning() -> None:
    shown = rows(tables()["observation"])
    assert [(row[0], row[1]) for row in shown] == [
        (f"`{name}`", f"`{key}`") for name, key in short_keys(Observation).items()
    ]
    assert all(len(row) == 4 and row[2] and row[3] for row in shown)


def test_the_requests_table_shows_each_op_once_with_its_own_fields() -> None:
    shown = {row[1]: row for row in rows(tables()["requests"])}
    assert list(shown) == [f"`{op}`" for _, op in requests.OPS]
    assert shown["`recall`"][0] == "query"
    assert "`text` (`q`)" in shown["`recall`"][2]
    assert "filters" in shown["`recall`"][2]
    assert shown["`forget`"][0] == "manage"
    assert "`all` (`a`)" in shown["`forget`"][2]
    for op in ("recall", "context", "export"):
        assert not any(f"`{name}` (" in shown[f"`{op}`"][2] for name in Filters.model_fields)


def test_the_limits_table_shows_every_number_in_full() -> None:
    shown = dict(rows(tables()["limits"]))
    assert shown["`INTEGER_MAX`"] == "9,223,372,036,854,775,807"
    numbers = {name for name, value in vars(limits).items() if isinstance(value, int | float)}
    assert set(shown) == {f"`{name}`" for name in numbers}


@pytest.mark.parametrize("name", tables())
def test_every_table_is_whole(name: str) -> None:
    lines = tables()[name].splitlines()
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in lines}
    assert len(lines) > 2
    assert len(widths) == 1
