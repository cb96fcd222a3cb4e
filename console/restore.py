"""`membroker restore`: a backup in the place of what is there, or of nothing."""

from pathlib import Path

import click

from console.output import json_option, moment, print_json
from memory.edge_restore import restore
from workers import backup
from workers.settings import Settings
from workers.wiring import store_directory


@click.command("restore")
@click.argument("directory", type=click.Path(file_okay=False, exists=True, path_type=Path))
@click.option("--replace", is_flag=True, help="Put it in the place of a store that is there.")
@json_option
def command(*, directory: Path, replace: bool, as_json: bool) -> None:
    """Put a backup back; stop the memory first.

    Accounts, certificates, the audit log and dead letters come back only where there are none: what is there
    is newer. With --replace what was forgotten since the backup stays forgotten, where the old store can
    still be read.

    Example:  membroker restore /backups/2026-11-22
    """
    settings = Settings()
    manifest = backup.read(directory)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    restored = restore(
        backup.store_of(directory), store_directory(settings), points=manifest.points, replace=replace
    )
    names = backup.restore_alongside(directory, settings.data)
    if as_json:
        print_json({"points": manifest.points, "at": manifest.at, "with": names,
                    "still_forgotten": restored.forgotten})  # fmt: skip
        return
    beside = f", with {', '.join(names)}" if names else ""
    click.echo(f"{manifest.points} memories, as of {moment(manifest.at)}, are in {settings.data}{beside}")
    if restored.forgotten is None:
        click.echo(
            "what was forgotten since may be back: the old store could not be read. See: audit on manage"
        )
    elif restored.forgotten:
        click.echo(f"{restored.forgotten} that were forgotten stay forgotten")
