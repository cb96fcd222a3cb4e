"""workers/policy_text.py"""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.policies import BUILT_IN, NO_FILE
from workers import policy_text
from workers.policy_text import EXAMPLE, PolicyFault, read

ROOT = Path(__file__).parents[3]

WRONG = [
    ("defaults:\n  raw: 7\n", "p.yaml:2: defaults.raw: 7 of what? say `7 days`"),
    ("defaults:\n  raws: 7 days\n", f"p.yaml:2: defaults.raws: is not known here; {EXAMPLE}"),
    ("default: {}\n", f"p.yaml:1: default: is not known here; {EXAMPLE}"),
    ("defaults: [1]\n", f"p.yaml:1: defaults: must be a map; {EXAMPLE}"),
    ("tenants:\n  acme: 7 days\n", f"p.yaml:2: tenants.acme: must be a map; {EXAMPLE}"),
    ("tenants:\n  a b:\n    raw: 1 day\n", "p.yaml:2: tenants.a b: is no name: 1 to 64 letters, digits"),
    (
        "tenants:\n  acme:\n    kinds:\n      reading:\n        raw: 1 day\n        per_hour_max: 2\n",
        "p.yaml:6: tenants.acme.kinds.reading.per_hour_max: must be greater than or equal to 8",
    ),
    ("defaults:\n  llm:\n    model: m\n", "p.yaml:2: defaults.llm.url: is needed"),
    ("defaults:\n  digest: xml\n", "p.yaml:2: defaults.digest: must be 'msgpack' or 'json'"),
    ("defaults:\n  time_zone: Mars/A\n", "p.yaml:2: defaults.time_zone: is no time zone; name one like"),
    ("defaults:\n  deadband: {t: .nan}\n", "p.yaml:2: defaults.deadband.t: must be a finite number"),
    ("defaults:\n  raw: 1 day\n  raw: 2 days\n", "p.yaml:3: defaults.raw is there twice; take one out"),
    ("defaults:\n\traw: 1 day\n", "p.yaml:2: is not YAML: found character '\\t'"),
    ("defaults: {\n", "p.yaml:2: is not YAML: expected"),
    ("defaults: {}\n---\ndefaults: {}\n", "p.yaml:2: is not YAML: but found another document"),
    ("defaults:\n  raw: 2026-13-45\n", "p.yaml:2: is not YAML: month must be in 1..12"),
    ("defaults:\n  raw: !!python/object:os.system rm\n", "p.yaml:2: is not YAML: could not determine"),
    ("a: &a [1]\nb: *a\n", "p.yaml:2: `*` is not read here; write it out"),
    ("? {a: b}\n: c\n", f"p.yaml:1: a name must be plain text; {EXAMPLE}"),
    ("[" * 5000, f"p.yaml:1: nested too deep; {EXAMPLE}"),
    ("- raw\n", "p.yaml:1: must begin with `defaults:` or `tenants:`"),
    ("x", "p.yaml:1: must begin with `defaults:` or `tenants:`"),
    ("\x00", "p.yaml: is not YAML: unacceptable character"),
    ("#" * (policy_text.BYTES_MAX + 1), "p.yaml: more than 262144 bytes"),
]


@pytest.mark.parametrize(("text", "told"), WRONG, ids=[told[:60] for _, told in WRONG])
def test_what_is_wrong_is_told_by_line_and_field_and_what_is_allowed(text: str, told: str) -> None:
    with pytest.raises(PolicyFault) as fault:
        read(text, "p.yaml")
    assert str(fault.value).startswith(told)
    assert "\n" not in str(fault.value)


def test_of_several_mistakes_the_first_in_the_file_is_told() -> None:
    with pytest.raises(PolicyFault, match=r"p\.yaml:2: tenants"):
        read("tenants:\n  acme: {raw: 1}\ndefaults:\n  raw: 2\n", "p.yaml")


@pytest.mark.parametrize("text", ["", "# nothing\n", "defaults:\n", "defaults:\n  kinds:\n    reading:\n"])
def test_a_file_that_says_nothing_leaves_what_is_built_in(text: str) -> None:
    found = read(text, "p.yaml")
    assert found.explained("home", "reading") == NO_FILE.explained("home", "reading")
    assert found.explained("home") == NO_FILE.explained("home")


def test_a_tenant_may_be_called_no_and_a_kind_on() -> None:
    found = read("tenants:\n  no:\n    kinds:\n      on: {raw: 1 day}\n  12: {raw: 2 days}\n", "p.yaml")
    assert found.of_kind("no", "on").raw_s == 86_400
    assert found.of_kind("12", "event").raw_s == 2 * 86_400


def test_the_example_shows_every_rule_with_what_is_built_in() -> None:
    text = (ROOT / "membroker.policies.example.yaml").read_text()
    found = read(text, "example")
    assert [(rule.field, rule.value) for rule in found.explained("home", "reading")] == [
        (rule.field, rule.value) for rule in NO_FILE.explained("home", "reading")
    ]
    shown = "\n".join(line.removeprefix("  #") for line in text.splitlines() if line.startswith("  #"))
    for rule in NO_FILE.explained("home", "event"):
        said = "true" if rule.value == "yes" else "false" if rule.value == "no" else rule.value
        assert f"\n{rule.field}: {said}".removesuffix(".0") in shown, rule
    for field in type(BUILT_IN).model_fields:
        assert f"{field}:" in text


def test_the_example_is_right_with_every_line_of_it_in_use() -> None:
    lines = (ROOT / "membroker.policies.example.yaml").read_text().splitlines()
    used = [
        line.replace("#", "", 1) if line.startswith("  #") and line[3] != " " and ":" in line.split()[0]
        else line.replace("  #", "  ", 1) if line.startswith("  #  ")
        else line
        for line in lines
    ]  # fmt: skip
    found = read("\n".join(used), "example").of_tenant("home")
    assert found.thresholds == {"temperature": (18.0, 26.0), "co2": (1000.0,)}
    assert found.llm is not None
    assert found.llm.model == "qwen3:4b"


@given(st.text())
def test_any_text_is_policies_or_a_fault(text: str) -> None:
    with suppress(PolicyFault):
        read(text, "p.yaml")
