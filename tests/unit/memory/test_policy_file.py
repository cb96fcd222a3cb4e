"""memory/policy_file.py; how its errors are told is workers/policy_text.py's."""

from typing import Any

import pytest
from pydantic import ValidationError

from memory.keep_times import FOREVER
from memory.policy_file import PolicyFile, TenantRules

LLM = {"url": "http://127.0.0.1:11434/v1", "model": "qwen3:4b"}

RIGHT: list[dict[str, Any]] = [
    {},
    {"raw": "7 days", "hourly": "90 days", "daily": "forever", "keep_raw_if_importance": 0.8},
    {"keep_raw_if_importance": 1, "worthless_below_importance": 0},
    {"per_hour_max": 8},
    {"ttl": "1 year"},
    {"merge": False, "ignore_numbers": True},
    {"deadband": {"temperature": 0.2, "door": 0}},
    {"thresholds": {"co2": 1000, "temperature": [18, 26.5]}},
    {"time_zone": "Europe/Berlin"},
    {"summary_bytes_max": 256, "digest": "json"},
    {"summary_bytes_max": 8192, "digest": "msgpack"},
    {"llm": False},
    {"llm": LLM},
    {"llm": {**LLM, "key_variable": "OLLAMA_KEY", "tokens_a_day_max": 0, "timeout_s": 0.5}},
    {"kinds": {"reading": {"raw": "forever"}, "my.own-kind_2": {"merge": False}}},
]

WRONG: list[dict[str, Any]] = [
    {"rawe": "7 days"},
    {"raw": 7},
    {"raw": "soon"},
    {"keep_raw_if_importance": 1.1},
    {"keep_raw_if_importance": "0.8"},
    {"keep_raw_if_importance": True},
    {"worthless_below_importance": -0.1},
    {"worthless_below_importance": float("nan")},
    {"per_hour_max": 7},
    {"per_hour_max": 60.5},
    {"per_hour_max": True},
    {"merge": "often"},
    {"merge": 0},
    {"deadband": {"temperature": -1}},
    {"deadband": {"temperature": float("inf")}},
    {"deadband": {"": 1}},
    {"deadband": {"x" * 65: 1}},
    {"deadband": {f"a{number}": 1 for number in range(257)}},
    {"thresholds": {"co2": []}},
    {"thresholds": {"co2": list(range(9))}},
    {"thresholds": {"co2": ["many"]}},
    {"time_zone": "Mars/Olympus"},
    {"time_zone": "../../etc/passwd"},
    {"time_zone": ""},
    {"summary_bytes_max": 255},
    {"summary_bytes_max": 8193},
    {"digest": "xml"},
    {"llm": True},
    {"llm": {"url": LLM["url"]}},
    {"llm": {**LLM, "url": "file:///etc/passwd"}},
    {"llm": {**LLM, "key": "sk-123"}},
    {"llm": {**LLM, "key_variable": "sk-123"}},
    {"llm": {**LLM, "tokens_a_day_max": -1}},
    {"llm": {**LLM, "timeout_s": 0}},
    {"kinds": {"a kind": {}}},
    {"kinds": {"reading": {"hourly": "90 days"}}},
    {"kinds": {"reading": {"kinds": {}}}},
]


@pytest.mark.parametrize("rules", RIGHT, ids=str)
def test_what_may_be_said(rules: dict[str, Any]) -> None:
    file = PolicyFile.model_validate({"defaults": rules, "tenants": {"acme": rules}})
    assert file.defaults == file.tenants["acme"]
    assert set(rules) == file.defaults.model_fields_set


@pytest.mark.parametrize("rules", WRONG, ids=str)
def test_what_may_not(rules: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TenantRules.model_validate(rules)


@pytest.mark.parametrize("tenant", ["a b", "", "a/b", "_sys", "+", "x" * 65])
def test_a_tenant_has_a_name_that_a_topic_can_have(tenant: str) -> None:
    with pytest.raises(ValidationError):
        PolicyFile.model_validate({"tenants": {tenant: {}}})


def test_one_threshold_is_a_list_of_one() -> None:
    assert TenantRules.model_validate({"thresholds": {"co2": 1000}}).thresholds == {"co2": (1000.0,)}


def test_times_are_seconds() -> None:
    rules = TenantRules.model_validate({"raw": "1 day", "hourly": "forever"})
    assert (rules.raw, rules.hourly, rules.daily) == (86_400.0, FOREVER, None)
