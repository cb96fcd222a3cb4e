"""What the facts that `membroker doctor` gathers mean, and what to do about them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from memory.errors import ModelError

Level = Literal["ok", "warn", "FAIL"]

DISK_BYTES_MIN = 1_000_000_000
CLOCK_APART_S_MAX = 5.0
CLOCK_S_MIN = 1_735_689_600
"""2025-01-01: before this was built. A board without a battery starts in 1970 until the network tells it."""
SECRET_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. What is not ok has a next step."""

    what: str
    level: Level
    detail: str
    next_step: str | None = None


def ok(what: str, detail: str) -> Finding:
    """As it should be."""
    return Finding(what, "ok", detail)


def warn(what: str, detail: str, next_step: str) -> Finding:
    """It works, and something is lost or slow on a bad day."""
    return Finding(what, "warn", detail, next_step)


def fail(what: str, detail: str, next_step: str) -> Finding:
    """It does not work."""
    return Finding(what, "FAIL", detail, next_step)


def failed(findings: Sequence[Finding]) -> bool:
    """Whether anything does not work."""
    return any(finding.level == "FAIL" for finding in findings)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The embedding model in the cache."""

    name: str
    directory: str
    ready: bool
    made: Mapping[str, Any] | None = None
    """Model, precision and dimension, as its manifest has them."""
    fault: ModelError | None = None
    """Why there can be none of that name."""
    checks: Sequence[tuple[str, bool, str]] = ()
    """With --deep: what, whether it passed, detail."""


def of_model(facts: ModelFacts) -> list[Finding]:
    """Whether texts can be embedded."""
    if facts.fault is not None:
        return [fail("model", facts.fault.message, facts.fault.hint)]
    if not facts.ready:
        return [fail("model", f"{facts.name} is not in {facts.directory}", "membroker model fetch")]
    broken = [
        fail("model", f"{what}: {detail}", f"remove {facts.directory}, then membroker model fetch")
        for what, passed, detail in facts.checks
        if not passed
    ]
    proven = f", {len(facts.checks)} proofs passed" if facts.checks else ""
    return broken or [ok("model", f"{facts.name} is in {facts.directory}{proven}")]


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """Where memories are kept."""

    place: str
    fault: str | None = None
    """Why it cannot be used."""
    made_with: Mapping[str, Any] | None = None
    """Its identity; None where there is no store yet."""
    is_server: bool = False


def of_store(facts: StoreFacts, model: ModelFacts) -> list[Finding]:
    """Whether memories can be kept, and compared with what the model makes."""
    if facts.fault is not None and facts.is_server:
        step = "start Qdrant there, or check MEMBROKER_STORE"
        return [fail("store", f"{facts.place}: {facts.fault}", step)]
    if facts.fault is not None:
        step = "give it back to the user who runs ingest, or name another: MEMBROKER_DATA"
        return [fail("store", f"{facts.place}: {facts.fault}", step)]
    if facts.made_with is None:
        return [ok("store", f"{facts.place}: none yet, the first start makes it")]
    differing = [
        f"{name} {facts.made_with[name]!r} against {value!r}"
        for name, value in (model.made or {}).items()
        if name in facts.made_with and facts.made_with[name] != value
    ]
    if differing:
        step = f"set MEMBROKER_MODEL={facts.made_with.get('model')}, or start with an empty store"
        return [fail("store", f"{facts.place} was made with another model: {', '.join(differing)}", step)]
    return [ok("store", f"{facts.place}, made with {facts.made_with.get('model')}")]


@dataclass(frozen=True, slots=True)
class DirectoryFacts:
    """The data directory and the secrets in it."""

    directory: str
    fault: str | None = None
    free_bytes: int | None = None
    secrets: Mapping[str, int] = field(default_factory=dict)
    """File → its permission bits."""


def of_directory(facts: DirectoryFacts) -> list[Finding]:
    """Whether there is room, and whether secrets are ours alone."""
    if facts.fault is not None:
        step = "give it to the user who runs membroker, or name another: MEMBROKER_DATA"
        return [fail("data", f"{facts.directory}: {facts.fault}", step)]
    open_to_others = [
        warn("data", f"{file} is readable for others (mode {mode:04o})", f"chmod 600 {file}")
        for file, mode in facts.secrets.items()
        if mode & ~SECRET_MODE
    ]
    return [_of_space(facts), *open_to_others]


def _of_space(facts: DirectoryFacts) -> Finding:
    free = facts.free_bytes or 0
    if free < DISK_BYTES_MIN:
        step = "make room: a full disk holds every observation up, and costs none"
        return warn("data", f"{facts.directory}: {free / 1e6:.0f} MB free", step)
    return ok("data", f"{facts.directory}: {free / 1e9:.1f} GB free")


def of_clock(now: float, apart_s: Mapping[str, float]) -> list[Finding]:
    """Whether times can be compared; `apart_s` is our clock less each service's."""
    if now < CLOCK_S_MIN:
        step = "set the clock (timedatectl set-ntp true): memories are sorted and forgotten by it"
        return [fail("clock", "this machine's clock stands before 2025", step)]
    wrong = [
        warn("clock", f"this machine's is {by_s:+.1f} s from {name}'s", "timedatectl set-ntp true, on both")
        for name, by_s in sorted(apart_s.items())
        if abs(by_s) > CLOCK_APART_S_MAX
    ]
    return wrong or [ok("clock", "agrees with the services' clocks" if apart_s else "plausible")]
