"""`membroker recall`: asks what is remembered of an entity."""

from typing import Any

import click

from broker_bridge import topics
from console import lines
from console.answering import answered
from console.faults import Refused
from console.output import json_option, moment, say
from console.parsing import given, key_values, moment_or_seconds
from schemas.requests import OPS, Request
from workers.accounts import OPERATOR, OWNER_TENANT

SERVED = ("recall", "recent", "context", "state", "profile", "stats", "get")


@click.command("recall")
@click.argument("entity")
@click.argument("text", required=False)
@click.option("--op", type=click.Choice(SERVED), help="Default: recall with TEXT, recent without.")
@click.option("--tenant", default=OWNER_TENANT, show_default=True)
@click.option("--client", default=OPERATOR, show_default=True, help="Who asks, in the topic.")
@click.option("--limit", type=int, help="1 to 100 matches; default 10.")
@click.option("--since", help="Epoch seconds, ISO 8601, or negative: -3600 is an hour ago.")
@click.option("--until", help="As --since.")
@click.option("--tz", help="Time zone of times in TEXT, like Europe/Berlin; default: as the service is set.")
@click.option("--kind", "kinds", multiple=True, help="Any of these.")
@click.option("--tag", "tags", multiple=True, help="All of these.")
@click.option("--device", "devices", multiple=True, help="Any of these.")
@click.option("--session", "sessions", multiple=True, help="Any of these.")
@click.option("--meta", "meta", multiple=True, metavar="KEY=VALUE", help="Each of these equal.")
@click.option("--min-score", type=float, help="0 to 1.")
@click.option("--explain", is_flag=True, default=None, help="Show ids, and what each score is made of.")
@click.option("--budget", type=int, help="Of --op context: how many tokens at most; default 512.")
@click.option("--attribute", "attributes", multiple=True, help="Of --op state: only these.")
@click.option("--memory", "memories", multiple=True, metavar="ID", help="Of --op get: which.")
@json_option
def command(
    *, entity: str, text: str | None, op: str | None, tenant: str, client: str, limit: int | None,
    since: str | None, until: str | None, tz: str | None, kinds: tuple[str, ...], tags: tuple[str, ...],
    devices: tuple[str, ...], sessions: tuple[str, ...], meta: tuple[str, ...], min_score: float | None,
    explain: bool | None, budget: int | None, attributes: tuple[str, ...], memories: tuple[str, ...],
    as_json: bool,
) -> None:  # fmt: skip
    """Ask what is remembered of ENTITY; home7/_all asks of home7 and all below it.

    Example:  membroker recall home7/_all "who is allergic?" --since -86400
    """
    raw = given(
        op=op or ("recall" if text else "recent"), text=text, limit=limit, since=moment_or_seconds(since),
        until=moment_or_seconds(until), tz=tz, kinds=list(kinds), tags=list(tags), devices=list(devices),
        sessions=list(sessions), meta=key_values(meta), min_score=min_score, explain=explain, budget=budget,
        attributes=list(attributes), memories=list(memories),
    )  # fmt: skip
    request = request_of(raw)
    reply = answered(tenant, client, entity, request, as_json=as_json)
    if not as_json:
        _print(reply, explain=bool(explain))


def request_of(raw: dict[str, Any]) -> Request:
    """The request of what was typed.

    Raises:
        Refused: an option that this op does not have.
        Invalid: a field is missing, or wrong.
    """
    kind = OPS[topics.QUERY, raw["op"]]
    strange = sorted(raw.keys() - kind.model_fields.keys())
    if strange:
        raise Refused(f"--op {raw['op']} takes no {', '.join(strange)}")
    return kind.load(raw)


def _print(reply: dict[str, Any], *, explain: bool) -> None:
    for read in reply.get("time", ()):
        say(lines.of_time(read))
    told = [*answer_lines(reply, explain=explain)]
    if not told:
        say("nothing is remembered that fits")
    for line in told:
        click.echo(line)


def answer_lines(reply: dict[str, Any], *, explain: bool = False) -> list[str]:
    """An answer for people; empty where nothing was found."""
    if "state" in reply:
        return [
            f"{moment(entry['at'])}  {lines.shown(entry['entity'])}  "
            + lines.content(entry["entity"], {**entry, "attribute": attribute})
            for attribute, entry in sorted(reply["state"].items())
        ]
    if "count" in reply:
        return _counts(reply)
    if "context" in reply:
        return [lines.shown(line) for line in reply["context"].splitlines()]
    if "preferences" in reply:
        return _profile(reply)
    readings = [lines.of_reading(each) for each in reply.get("readings", ())]
    return readings + [lines.of_match(match, explain=explain) for match in reply["matches"]]


def _profile(reply: dict[str, Any]) -> list[str]:
    found = [f"summary  {lines.shown(reply['summary'])}"] if "summary" in reply else []
    for name in ("preferences", "facts", "routines"):
        if reply[name]:
            found.append(name)
            found.extend(f"  {lines.of_match(match)}" for match in reply[name])
    return found


def _counts(reply: dict[str, Any]) -> list[str]:
    if not reply["count"]:
        return []
    found = [
        f"memories  {reply['count']}",
        f"first  {moment(reply['first'])}",
        f"last  {moment(reply['last'])}",
    ]
    for name in ("kinds", "tiers", "devices"):
        counted = sorted(reply[name].items(), key=lambda each: (-each[1], each[0]))
        found.append(f"{name}  " + ", ".join(f"{lines.shown(what)} {count}" for what, count in counted))
    return found
