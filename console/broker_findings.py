"""What the facts of a broker and of its services mean, and what to do about them. Pure."""

import re
from collections.abc import Sequence

from console.findings import Finding, fail, ok, warn
from console.probing import IN_FLIGHT_ASKED, QUEUED_ASKED, BrokerFacts
from console.status import Seen
from schemas.limits import MESSAGE_BYTES_MAX

NEEDED = ("ingest", "query")
"""Services without which nothing is stored, or nothing answered."""
PACKET_BYTES_MIN = MESSAGE_BYTES_MAX + 1024
"""The contract's largest payload with its topic and properties."""


def of_broker(facts: BrokerFacts, away_hint: str) -> list[Finding]:
    """Whether it can be reached, is one we know, and lets us and our messages through."""
    if facts.refusal is not None:
        return [fail("broker", f"{facts.broker} {facts.refusal}", facts.hint or away_hint)]
    reached = ok("broker", f"{facts.broker}, {facts.version or 'of unknown make'}")
    return [reached, *of_version(facts.version), *_of_rights(facts), *of_limits(facts)]


def _of_rights(facts: BrokerFacts) -> list[Finding]:
    if facts.denied:
        step = "use the operator's account: MEMBROKER_BROKER=mqtt://operator:PASSWORD@HOST:PORT"
        return [fail("rights", f"the broker denies: {'; '.join(facts.denied)}", step)]
    return [ok("rights", "we may publish and subscribe as its operator")]


def of_version(version: str | None) -> list[Finding]:
    """What is known to go wrong with this version of Mosquitto."""
    numbers = re.search(r"mosquitto version (\d+)\.(\d+)(?:\.(\d+))?", version or "")
    if numbers is None:
        return [
            warn("broker", "it does not say which Mosquitto it is", "we test with Mosquitto 2.0.11 and 2.1")
        ]
    found = tuple(int(number or 0) for number in numbers.groups())
    named = ".".join(map(str, found))
    if found < (2, 0, 0):
        return [fail("broker", f"Mosquitto {named} has no accounts with rights", "install 2.0 or newer")]
    if found >= (2, 1, 0):
        step = "persist-sqlite with flush_period 0 loses nothing, at 2,000 messages a second"
        return [
            warn("broker", f"Mosquitto {named}: without persist-sqlite a kill -9 loses what it queued", step)
        ]
    risks = ["a kill -9 loses what was queued since the last autosave: devices keep that until its receipt"]
    if found <= (2, 0, 11):
        risks.append(
            "it exceeds Receive Maximum when acknowledgements come in batches: ingest has its own bound"
        )
    if found < (2, 0, 22):
        risks.append("max_queued_messages 0 has bugs: never set it")
    return [
        warn("broker", f"Mosquitto {named}: {'; '.join(risks)}", "2.1 with persist-sqlite has none of these")
    ]


def of_limits(facts: BrokerFacts) -> list[Finding]:
    """What it limits; a message beyond a limit is lost or late."""
    limits = facts.limits
    found = []
    if limits.get("MaximumQoS", 2) < 1:
        found.append(
            fail("limits", "it serves QoS 0 alone: nothing is acknowledged", "set max_qos 1 or more")
        )
    for name, needs in _NEEDED_FEATURES.items():
        if not limits.get(name, 1):
            found.append(fail("limits", f"{name} is 0: {needs}", "allow it in the broker's configuration"))
    packet_bytes = limits.get("MaximumPacketSize")
    if packet_bytes is not None and packet_bytes < PACKET_BYTES_MIN:
        problem = f"it takes packets of {packet_bytes} bytes; a full batch has {PACKET_BYTES_MIN}"
        found.append(warn("limits", problem, "set max_packet_size 1048576"))
    found += [*_of_dropped(facts.dropped), *_of_queued(facts.queued), *_of_in_flight(facts.in_flight)]
    if any(finding.level != "ok" for finding in found):
        return found
    named = ", ".join(f"{name} {value}" for name, value in limits.items())
    return [ok("limits", named or "none that we would notice")]


_NEEDED_FEATURES = {
    "RetainAvailable": "status, presence and digests are retained",
    "SharedSubscriptionAvailable": "ingest and query share theirs",
    "WildcardSubscriptionAvailable": "services hear every tenant by one filter",
}


_RAISE_QUEUE = (
    "raise max_queued_messages (1000 by default; 1000000 as ours has it, never 0 before 2.0.22)"
    " and max_queued_bytes; what has no receipt, devices send again"
)


def _of_dropped(dropped: int | None) -> list[Finding]:
    if not dropped:
        return []
    return [warn("limits", f"it has dropped {dropped} messages since it started", _RAISE_QUEUE)]


def _of_queued(queued: int | None) -> list[Finding]:
    if queued is None or queued >= QUEUED_ASKED:
        return []
    problem = (
        f"for a slow reader it queues {queued} messages and drops what it accepts beyond:"
        " so many, while ingest is slow or away"
    )
    return [warn("limits", problem, _RAISE_QUEUE)]


def _of_in_flight(in_flight: int | None) -> list[Finding]:
    if in_flight is None or in_flight >= IN_FLIGHT_ASKED:
        return []
    problem = f"it has {in_flight} messages under way to us at most, so no more receipts can share a flush"
    return [warn("limits", problem, "set max_inflight_messages 4096; Mosquitto's default is 20")]


def of_services(seen: Sequence[Seen]) -> list[Finding]:
    """Whether everything is there that stores and answers."""
    found = [_of_service(each, seen) for each in seen]
    named = {each.service for each in seen}
    for service in NEEDED:
        if service not in named:
            step = f"membroker up, or beside a broker of your own membroker {service}"
            found.append(fail("services", f"{service} has never run with this broker", step))
    return found


def _of_service(seen: Seen, others: Sequence[Seen]) -> Finding:
    status = seen.status
    if status.status == "online" and status.durability == "process":
        problem = f"{seen.name} is online, and its receipts do not survive a power cut"
        return warn("services", problem, "MEMBROKER_DURABILITY=power, unless that was decided")
    if status.status == "online":
        return ok("services", f"{seen.name} is online")
    if status.status in ("degraded", "starting"):
        step = "see its log; it goes on by itself where the cause goes away"
        return warn("services", f"{seen.name} is {status.status}: {status.reason or 'no reason given'}", step)
    gone = f"gone for good, it is forgotten with mosquitto_pub -r -n -t mem/v1/_sys/{seen.name}/status"
    if seen.service not in NEEDED:
        return warn("services", f"{seen.name} is offline", f"start it again; {gone}")
    if any(other.service == seen.service and other.status.status == "online" for other in others):
        problem = f"{seen.name} is offline, and its share of messages waits for it"
        return warn("services", problem, f"start it again under its name; {gone}")
    return fail("services", f"{seen.name} is offline", f"membroker up, or membroker {seen.service}")
