"""`membroker backup`: everything that is remembered, in a directory, while the memory goes on."""

import asyncio
from dataclasses import asdict
from pathlib import Path

import click

from console.faults import Refused
from console.output import json_option, moment, print_json
from memory.errors import StoreTaken
from workers import backup, control, wiring
from workers.settings import EDGE, Settings


@click.command("backup")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@json_option
def command(*, directory: Path, as_json: bool) -> None:
    """Copy memories, audit log, dead letters, accounts and certificates into DIRECTORY, new or empty.

    A memory that runs makes the copy itself and goes on meanwhile; the disk of the store needs as much room
    again until it is done. Keep it as secret as the data directory.

    Example:  membroker backup /backups/2026-11-22
    """
    settings = Settings()
    if settings.store != EDGE:
        raise Refused(
            f"the memories are at {settings.store}; have the Qdrant server make a snapshot of the collection"
            f" {settings.collection!r}, and copy {settings.data} beside it"
        )
    made = _make(settings, directory.absolute())
    if as_json:
        print_json({"directory": str(directory), **asdict(made)})
        return
    click.echo(f"{made.points} memories, as of {moment(made.at)}, are in {directory}")
    click.echo(f"put them back with: membroker restore {directory}")


def _make(settings: Settings, directory: Path) -> backup.Manifest:
    """By the process that has the store, or by ourselves where none has."""
    if not wiring.store_directory(settings).exists():
        raise Refused(f"{settings.data} holds no store: nothing was remembered there")
    try:
        return asyncio.run(wiring.back_up_alone(settings, directory))
    except StoreTaken:
        answer = control.ask(settings.data, {"do": "backup", "directory": str(directory)})
        return backup.Manifest(**answer)
