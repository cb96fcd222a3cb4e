"""The JSON Schema that other languages use agrees with the models, on everything ever sent."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.wire.reading import GOLDEN, expectation_of, payload_files, read

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "v1.schema.json").read_text())


def validator(model: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{model}", "$defs": SCHEMA["$defs"]})


def test_the_schema_itself_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("payload", payload_files(), ids=lambda file: str(file.relative_to(GOLDEN)))
def test_what_the_models_accept_the_schema_accepts(payload: Path) -> None:
    expected = json.loads(expectation_of(payload).read_text())
    named = expected.get("model") if isinstance(expected, dict) else None
    for model in read(payload.relative_to(GOLDEN).parts[0], payload.read_bytes(), named).models:
        errors = list(validator(type(model).__name__).iter_errors(model.dump(short=False)))
        assert not errors, errors[0].message


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        ("Observation", {"text": 5}),
        ("Observation", {"text": ""}),
        ("Observation", {"value": [1]}),
        ("Observation", {"text": "x", "tags": ["t"] * 17}),
        ("Observation", {"text": "x", "importance": 2}),
        ("Observation", {"text": "x", "id": "a" * 65}),
        ("Observation", {"text": "x", "seq": -1}),
        ("Recall", {"op": "recall"}),
        ("Recall", {"op": "recent", "text": "x"}),
        ("Recent", {"limit": 101}),
        ("Get", {"memories": []}),
        ("Receipt", {"status": "lost"}),
        ("Failure", {"code": 418, "error": "x", "hint": "y"}),
    ],
)
def test_what_the_models_refuse_for_its_shape_the_schema_refuses(model: str, wrong: dict[str, Any]) -> None:
    assert not validator(model).is_valid(wrong)


def test_every_field_has_a_short_key_of_its_own_or_none() -> None:
    for name, model in SCHEMA["$defs"].items():
        keys = [field["x-short-key"] for field in model["properties"].values()]
        assert len(set(keys)) == len(keys), name
