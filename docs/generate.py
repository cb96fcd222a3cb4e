"""Writes what is made of the code: JSON Schema, the pages' tables, mosquitto.conf. `make docs` runs it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from broker_bridge import broker_config
from broker_bridge.access import Acl
from broker_bridge.grants import KINDS, RIGHTS, rights_of
from schemas.reference import json_schema, tables

ROOT = Path(__file__).parent.parent
WIRE = ROOT / "docs" / "wire.md"
ACCESS = ROOT / "docs" / "access.md"
_PLACE = re.compile(r"(<!-- table: ([a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def outputs() -> Iterator[tuple[Path, str]]:
    """Every generated file and what it has to hold."""
    yield ROOT / "schemas" / "v1.schema.json", json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
    yield ROOT / "mosquitto" / "mosquitto.conf", broker_config.container()
    yield WIRE, with_tables(WIRE.read_text(), tables())
    yield ACCESS, with_tables(ACCESS.read_text(), access_tables())


def access_tables() -> dict[str, str]:
    """What each right lets through, and which each kind begins with."""
    rights = [(right, rights_of(right, "{t}", "{c}", "{filter}")) for right in RIGHTS]
    return {
        "rights": _table(
            ("right", "may publish", "may subscribe and receive"),
            [(f"`{right}`", _topics(acls, "publishClientSend"), _topics(acls, "publishClientReceive"))
             for right, acls in rights],
        ),
        "kinds": _table(
            ("kind", "begins with"), [(f"`{kind}`", ", ".join(f"`{each}`" for each in rights))
                                      for kind, rights in KINDS.items()],
        ),
    }  # fmt: skip


def _topics(acls: tuple[Acl, ...], acltype: str) -> str:
    return ", ".join(f"`{acl.topic}`" for acl in acls if acl.acltype == acltype)


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ("---",) * len(heads), *rows))


def with_tables(text: str, made: dict[str, str]) -> str:
    """The text with each marked table made again; raises KeyError for a table that does not exist."""
    return _PLACE.sub(lambda place: f"{place[1]}\n{made[place[2]]}\n\n{place[3]}", text)


if __name__ == "__main__":
    for file, text in outputs():
        file.write_text(text)
        print(file.relative_to(ROOT))  # noqa: T201 - a command's answer
