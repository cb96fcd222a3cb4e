"""`membroker deadletters`: what was refused, and how to have it taken after all."""

import asyncio
import base64
import sys
from contextlib import suppress
from typing import Any

import click

from broker_bridge.codec import Malformed, decode
from console.faults import Refused
from console.lines import of_receipt, shown
from console.output import json_option, moment, print_json, say
from console.replaying import RECEIPT_S_MAX, Replayed, distinct
from console.replaying import replay as send_again
from schemas.service import DeadLetter
from workers.deadletters import DeadLetters
from workers.settings import Settings


@click.group("deadletters")
def command() -> None:
    """List, show and replay what ingest refused. Reads MEMBROKER_DATA, so run it where ingest runs.

    Example:  membroker deadletters list && membroker deadletters replay --all
    """


@command.command("list")
@json_option
def list_letters(*, as_json: bool) -> None:
    """List what was refused, oldest first.

    Example:  membroker deadletters list --json
    """
    settings = Settings()
    letters = kept(settings)
    if as_json:
        print_json([letter.dump(short=False) for letter in letters])
        return
    for each in letters:
        click.echo(shown(f"{each.letter}  {moment(each.at)}  {each.reason}  {each.topic}  {each.hint}"))
    if not letters:
        say(f"no dead letters in {settings.data}")


@command.command("show")
@click.argument("letter")
@json_option
def show(*, letter: str, as_json: bool) -> None:
    """Show all of one LETTER, by its id or the beginning of it.

    Example:  membroker deadletters show 5f0c8e1a2b3d
    """
    found = one_of(kept(Settings()), letter)
    if as_json:
        print_json(found.dump(short=False))
        return
    told = found.dump(short=False) | {
        "at": moment(found.at),
        "payload": readable(base64.b64decode(found.payload)),
    }
    trace = told.pop("traceback", "")
    for name, value in told.items():
        click.echo(f"{name:<14}{shown(str(value))}")
    for line in trace.splitlines():
        click.echo(f"    {shown(line)}")


@command.command("replay")
@click.argument("letter", required=False)
@click.option("--all", "every", is_flag=True, help="All of them; of equal ones, one.")
@json_option
def replay(*, letter: str | None, every: bool, as_json: bool) -> None:
    """Publish LETTER again, and show its new receipt; exit 1 unless it is taken now.

    The letter stays in the list. Observations with an id are stored once, however often they come.

    Example:  membroker deadletters replay --all
    """
    settings = Settings()
    if (letter is None) != every:
        raise Refused("name one letter, or --all; membroker deadletters list shows them")
    letters = kept(settings)
    done = _replay(settings, letters if letter is None else [one_of(letters, letter)])
    if as_json:
        print_json([plain(each) for each in done])
    else:
        for each in done:
            click.echo(line_of(each))
    sys.exit(0 if all(each.taken for each in done) else 1)


def _replay(settings: Settings, letters: list[DeadLetter]) -> list[Replayed]:
    wanted = distinct(letters)
    whole = [letter for letter in wanted if not letter.cut]
    for cut in (letter for letter in wanted if letter.cut):
        line = (
            f"letter {cut.letter} cannot be replayed: only the beginning of its {cut.payload_bytes} bytes"
            " is kept; have its device send it again, in parts"
        )
        if len(wanted) == 1:
            raise Refused(line)
        say(line)
    return asyncio.run(send_again(settings, whole)) if whole else []


def kept(settings: Settings) -> list[DeadLetter]:
    """Every letter, oldest first."""
    directory = settings.data / "deadletters"
    try:
        return list(DeadLetters(directory, settings.deadletter_bytes_max))
    except (OSError, ValueError) as error:
        raise Refused(f"the dead letters in {directory} cannot be read: {error}") from None


def one_of(letters: list[DeadLetter], name: str) -> DeadLetter:
    """The letter whose id begins so.

    Raises:
        Refused: none, or several.
    """
    found = [letter for letter in letters if letter.letter.startswith(name)]
    if len(found) != 1:
        many = f"{len(found)} letters begin with" if found else "there is no letter"
        raise Refused(f"{many} {shown(name)}; membroker deadletters list shows them")
    return found[0]


def readable(payload: bytes) -> str:
    """A payload as its value where it has one, else as its bytes."""
    with suppress(Malformed):
        return str(decode(payload))
    return str(payload)


def plain(done: Replayed) -> dict[str, Any]:
    """For programs."""
    return {"letter": done.letter.letter, "receipts": [each.dump(short=False) for each in done.receipts]}


def line_of(done: Replayed) -> str:
    """For people."""
    told = "; ".join(map(of_receipt, done.receipts))
    return f"{done.letter.letter}  {told or f'no receipt within {RECEIPT_S_MAX:g} s: membroker status'}"
