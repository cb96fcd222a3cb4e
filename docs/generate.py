"""Writes what is made of the code: JSON Schema, wire.md's tables, mosquitto.conf. `make docs` runs it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from broker_bridge import broker_config
from schemas.reference import json_schema, tables

ROOT = Path(__file__).parent.parent
WIRE = ROOT / "docs" / "wire.md"
_PLACE = re.compile(r"(<!-- table: ([a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def outputs() -> Iterator[tuple[Path, str]]:
    """Every generated file and what it has to hold."""
    yield ROOT / "schemas" / "v1.schema.json", json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
    yield ROOT / "mosquitto" / "mosquitto.conf", broker_config.container()
    yield ROOT / "mosquitto" / "mosquitto-tls.conf", broker_config.container(broker_config.IN_CONTAINER)
    yield WIRE, with_tables(WIRE.read_text())


def with_tables(text: str) -> str:
    """The text with each marked table made again; raises KeyError for a table that does not exist."""
    made = tables()
    return _PLACE.sub(lambda place: f"{place[1]}\n{made[place[2]]}\n\n{place[3]}", text)


if __name__ == "__main__":
    for file, text in outputs():
        file.write_text(text)
        print(file.relative_to(ROOT))  # noqa: T201 - a command's answer
