"""`membroker`: the command and its verbs. Expected errors are one line, and exit code 1."""

import importlib
import os
import sys
import tomllib

import click
from pydantic import ValidationError

VERBS = {
    "up": "Start a whole memory on this machine.",
    "ingest": "Run the ingest worker alone.",
    "query": "Run the query worker alone.",
    "summarizer": "Run the summarizer alone.",
    "observe": "Publish an observation and show its receipt.",
    "recall": "Ask what is remembered.",
    "feedback": "Say whether a memory was of use.",
    "status": "Show how the services are.",
    "tail": "Watch a tenant's memories as they are stored.",
    "deadletters": "List, show and replay what was refused.",
    "policies": "Check what is kept how long.",
    "backup": "Copy everything remembered, while the memory goes on.",
    "restore": "Put a backup back.",
    "doctor": "Check broker, rights, limits, store, model and clock.",
    "model": "Fetch and check the embedding model.",
    "demo": "Replay a real weather station and ask it questions.",
    "certs": "Make certificates for devices on other machines.",
    "access": "Add, show and remove devices, kiosks and people, and say what each may.",
    "accounts": "Write the services' accounts for a broker that runs elsewhere.",
}


class Verbs(click.Group):
    """Loads a verb's module when it is used: `membroker status` must not load an embedding model."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order a newcomer meets them."""
        del ctx
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, from the module of its name."""
        del ctx
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"console.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the verbs without loading them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.command(cls=Verbs)
@click.version_option(package_name="membroker")
def command() -> None:
    """Long-term memory for edge agents and devices, over MQTT.

    Start with:  membroker up
    """


def main() -> None:
    """The entry point: turns expected errors into one line on stderr."""
    # Loaded here, not above: only what the verb needs is.
    from console.faults import expected  # noqa: PLC0415

    try:
        command(prog_name="membroker")
    except ValidationError as error:
        first = error.errors()[0]
        setting = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            _fail(f"{setting} is no setting; membroker.example.toml describes them all")
        problem = first["msg"].removeprefix("Value error, ")
        _fail(f"the setting {setting} (MEMBROKER_{setting.upper()}): {problem}; see membroker.example.toml")
    except tomllib.TOMLDecodeError as error:
        _fail(f"{os.environ.get('MEMBROKER_CONFIG', 'membroker.toml')} is not TOML: {error}")
    except expected() as error:
        _fail(str(error))


def _fail(line: str) -> None:
    click.echo(f"membroker: {' '.join(line.split())}", err=True)
    sys.exit(1)
