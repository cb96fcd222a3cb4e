"""What is found of TLS: certificates that expire, who comes in, and passwords that others can read. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.findings import Finding, fail, ok, warn
from workers.listening import EXPIRY_DAYS_MIN


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """Our own broker's listeners, or the way to another's."""

    listener: str | None = None
    """Where our own broker listens with TLS, and how clients come in; None: nowhere, or it is not ours."""
    fault: tuple[str, str] | None = None
    """Why it cannot, and the next step."""
    is_ours: bool = True
    days_left: Mapping[str, int] = field(default_factory=dict)
    """Certificate file → whole days until it expires."""
    renew: Mapping[str, str] = field(default_factory=dict)
    """Certificate file → what renews it."""
    told_in_plain: str | None = None
    """A broker on another machine that is told a password without TLS."""


def of_tls(facts: TlsFacts) -> list[Finding]:
    """Whether others come in safely, or not at all."""
    if facts.fault is not None:
        return [fail("tls", *facts.fault)]
    found = [_of_certificate(file, days, facts.renew[file]) for file, days in facts.days_left.items()]
    if facts.told_in_plain is not None:
        problem = f"{facts.told_in_plain} is told its password without TLS: whoever is between reads it"
        step = "use mqtts://, unless the network between is yours alone"
        found.append(warn("tls", problem, step))
    if facts.is_ours:
        where = facts.listener or "listens on this machine alone, without TLS"
        found.insert(0, ok("tls", f"our own broker {where}"))
    return found


def _of_certificate(file: str, days: int, renew: str) -> Finding:
    if days < 0:
        return fail("tls", f"{file} has expired: nobody trusts it", renew)
    if days < EXPIRY_DAYS_MIN:
        return warn("tls", f"{file} expires in {days} days", renew)
    return ok("tls", f"{file} holds for {days} days")
