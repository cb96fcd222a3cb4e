"""Adds a golden file: `python -m tests.wire.record observation torn_batch < payload`.

The payload on stdin is kept byte for byte, with what it decodes to today; read that before you commit it.
What is there is never written again: v1 means for ever what it meant when it was sent.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from broker_bridge.codec import Encoding
from tests.wire.reading import GOLDEN, assert_same, expectation_of, read


def record(folder: str, name: str, payload: bytes, expected: dict[str, Any] | None = None) -> Path:
    """Keeps a payload and what it must decode to; `expected` holds at least `model` for replies and services.

    Raises:
        FileExistsError: there is such a file; choose another name.
        AssertionError: it does not decode to what is expected, or to what the other encoding's does.
    """
    file = GOLDEN / folder / f"{name}.{Encoding.of(payload).value}"
    kept = expectation_of(file)
    if kept.exists():
        expected = json.loads(kept.read_text())
    expected = expected or {}
    said = read(folder, payload, expected.get("model")).said
    if expected.keys() > {"model"} or "refused" in expected:
        assert_same(said, expected)
    else:
        expected = _as_expected(said)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("xb") as out:
        out.write(payload)
    if not kept.exists():
        kept.write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
    return kept


def _as_expected(said: dict[str, Any]) -> dict[str, Any]:
    """What was read as it is kept: of a hint only what it names, because wording may improve."""
    if "refused" in said:
        return {"refused": said["refused"], "names": said["hint"].split(":")[0]}
    if "observations" in said:
        return said | {"observations": [_as_expected(each) for each in said["observations"]]}
    return said


def main() -> None:
    """Reads the payload from stdin, prints what it decodes to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", choices=sorted(each.name for each in GOLDEN.iterdir() if each.is_dir()))
    parser.add_argument("name")
    parser.add_argument(
        "--model", help="of a reply or a service's message: the name of its model in schemas/"
    )
    asked = parser.parse_args()
    expected = {"model": asked.model} if asked.model else None
    kept = record(asked.folder, asked.name, sys.stdin.buffer.read(), expected)
    sys.stdout.write(kept.read_text())


if __name__ == "__main__":
    main()
