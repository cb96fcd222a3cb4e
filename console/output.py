"""How verbs speak: JSON with `--json`, lines for people without; logs on stderr."""

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click
import structlog

from workers.settings import Settings

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def print_json(value: Any) -> None:
    """One value, one line: ready for `jq`."""
    click.echo(json.dumps(value, ensure_ascii=False))


def moment(at: float) -> str:
    """Epoch seconds as local people's ISO 8601, to the second, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def say(line: str) -> None:
    """Progress, on stderr: stdout is for answers."""
    click.echo(line, err=True)


def set_up_logging(settings: Settings) -> None:
    """Structured records on stderr: text for people, JSON for collectors."""
    renderer: Callable[..., Any] = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
