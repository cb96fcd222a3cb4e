"""What the docs say is so: generated parts are fresh, links lead somewhere, named commands exist."""

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.main import VERBS

ROOT = Path(__file__).parents[2]
MAIN = [ROOT / "README.md", ROOT / "SECURITY.md", ROOT / "examples" / "README.md"]
PAGES = [*MAIN, *sorted((ROOT / "docs").rglob("*.md"))]
GENERATED = list(runpy.run_path(str(ROOT / "docs" / "generate.py"))["outputs"]())

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
IMAGE = re.compile(r"!\[[^\]]*\]\(<?([^)\s>]+)>?\)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^(?: {4}|\t)\S.*$", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(r"(?:^|[\s/$(])membroker +(?!is up)([a-z][a-z-]*)", re.MULTILINE)
"""But `membroker is up` is what `membroker up` prints."""

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def links(text: str) -> Iterator[str]:
    """Targets within the repository, without their anchors."""
    prose = FENCED.sub("", text)
    for target in [*LINK.findall(prose), *IMAGE.findall(prose)]:
        if not re.match(r"[a-z]+:", target) and not target.startswith("#"):
            yield target.split("#")[0]


def headings(text: str) -> set[str]:
    """Anchors as GitHub makes them."""
    titles = re.findall(r"^#+ +(.+?)\s*$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def commands(text: str) -> set[str]:
    """Verbs of `membroker` in code: fenced, indented or between backticks; prose may say what it likes."""
    code = [*FENCED.findall(text), *INDENTED.findall(text), *INLINE.findall(FENCED.sub("", text))]
    return {verb for piece in code for verb in COMMAND.findall(piece)}


@pytest.mark.parametrize(("file", "text"), GENERATED, ids=[file.name for file, _ in GENERATED])
def test_what_is_generated_is_fresh(file: Path, text: str) -> None:
    assert file.read_text() == text, "run `make docs`"


def test_schema_tables_and_configuration_are_generated() -> None:
    assert {file.name for file, _ in GENERATED} == {
        "v1.schema.json", "wire.md", "access.md", "mosquitto.conf", "mosquitto-tls.conf",
    }  # fmt: skip


def test_every_table_has_its_place_in_the_docs() -> None:
    generate = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    for page, tables in (("wire.md", "tables"), ("access.md", "access_tables")):
        text = (ROOT / "docs" / page).read_text()
        assert set(re.findall(r"<!-- table: ([a-z ]+) -->", text)) == set(generate[tables]())


@every_page
def test_every_link_leads_to_a_file_that_is_there(page: Path) -> None:
    for target in links(page.read_text()):
        there = ROOT / target.lstrip("/") if target.startswith("/") else page.parent / target
        assert there.exists(), f"{page.name} links to {target}"


@every_page
def test_every_anchor_is_a_heading(page: Path) -> None:
    for target in LINK.findall(FENCED.sub("", page.read_text())):
        file, _, anchor = target.partition("#")
        if anchor and ":" not in file and (not file or file.endswith(".md")):
            there = page.parent / file if file else page
            assert anchor in headings(there.read_text()), f"{page.name} links to {target}"


@every_page
def test_every_command_that_is_shown_exists(page: Path) -> None:
    assert commands(page.read_text()) <= VERBS.keys()


def test_the_checks_above_see_what_is_wrong() -> None:
    text = "See [it](no/such.md#there), `membroker conjure`.\n\n    membroker vanish --now\n\n"
    text += "```\n$ membroker sing\n```\n"
    assert list(links(text)) == ["no/such.md"]
    assert commands(text) == {"conjure", "vanish", "sing"}
    assert commands("a membroker needs a broker, `pip install membroker`") == set()
    assert headings("# The wire: v1\n## `ttl` & co") == {"the-wire-v1", "ttl--co"}
