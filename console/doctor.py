"""`membroker doctor`: looks at everything a memory stands on, and says what to do."""

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import click

from broker_bridge.broker import find_programs
from broker_bridge.faults import BrokerFault
from broker_bridge.loopback import is_loopback
from broker_bridge.tls import TlsFault
from console import broker_findings, facts, findings, tls_facts, tls_findings
from console.findings import Finding
from console.lines import shown
from console.operator import away_hint, broker_url, client_id, connected
from console.output import json_option, print_json, say
from console.probing import probe
from console.status import STATS_S_MAX, Seen, services
from workers.settings import Settings


@click.command("doctor")
@click.option("--deep", is_flag=True, help="Also hash the model and embed with it: a second or two.")
@json_option
def command(*, deep: bool, as_json: bool) -> None:
    """Check broker, rights, limits, TLS, services, store, model and clock; exit 1 if something does not work.

    Changes nothing. Sends itself 1,200 tiny messages, to learn how many the broker lets through at once, and
    how many it queues for a slow reader. A broker that drops some of them counts them as dropped.

    Example:  membroker doctor --deep
    """
    settings = Settings()
    found = examine(settings, deep=deep)
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        for each in found:
            click.echo(line_of(each))
    sys.exit(1 if findings.failed(found) else 0)


def line_of(finding: Finding) -> str:
    """One line, with the next step below where there is one."""
    line = shown(f"{finding.level:<4}  {finding.what:<8}  {finding.detail}")
    return line if finding.next_step is None else f"{line}\n      → {shown(finding.next_step)}"


def examine(settings: Settings, *, deep: bool) -> list[Finding]:
    """Everything, the broker first."""
    of_broker, seen = _broker(settings)
    model = facts.of_model(settings, deep=deep)
    return [
        *of_broker,
        *tls_findings.of_tls(tls_facts.of_tls(settings, datetime.now(UTC))),
        *findings.of_directory(facts.of_directory(settings)),
        *findings.of_store(facts.of_store(settings), model),
        *findings.of_model(model),
        *findings.of_clock(time.time(), {each.name: each.lag_s for each in seen if each.lag_s is not None}),
    ]


def _broker(settings: Settings) -> tuple[list[Finding], Sequence[Seen]]:
    """Its findings, and the services it knows."""
    found = []
    try:
        if settings.broker is None:
            found.append(findings.ok("broker", f"{find_programs(settings.mosquitto).mosquitto} is installed"))
        broker = broker_url(settings)
    except BrokerFault as fault:
        what = str(fault).removesuffix(f"; {fault.hint}")
        return [*found, findings.fail("broker", what, fault.hint)], []
    try:
        probed = probe(broker, settings.trust, broker.client_id or client_id())
    except TlsFault as fault:
        return [*found, findings.fail("broker", str(fault).removesuffix(f"; {fault.hint}"), fault.hint)], []
    found += broker_findings.of_broker(probed, away_hint(settings))
    if probed.refusal is not None or probed.denied:
        return found, []
    is_remote = not is_loopback(broker.host)
    if is_remote:
        say(f"waiting up to {STATS_S_MAX:g} s for the services' statistics, to compare clocks")
    seen = asyncio.run(_services(settings, stats_s_max=STATS_S_MAX if is_remote else 0.0))
    return [*found, *broker_findings.of_services(seen)], seen


async def _services(settings: Settings, *, stats_s_max: float) -> list[Seen]:
    async with connected(settings) as client:
        return await services(client, stats_s_max=stats_s_max)
