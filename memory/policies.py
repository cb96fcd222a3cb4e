"""What holds for a tenant and a kind: layers of rules, the later and more particular one wins. Pure.

    built in → built in, of the kind → defaults → defaults, of the kind → tenant → tenant, of the kind

What is stable (preferences, facts and their like) is no raw material that a summary could replace: how long
it is kept is said for its kind, by name, or not at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from memory.keep_times import in_words
from memory.policy_file import PER_HOUR_MAX, KindRules, Llm, PolicyFile, TenantRules
from memory.portions import STABLE_KINDS

_BY_NAME_ALONE = frozenset({"raw", "ttl", "worthless_below_importance"})
"""Of stable kinds."""
_TIMES = frozenset({"raw", "ttl", "hourly", "daily", "monthly", "sessions"})

BUILT_IN = TenantRules.model_validate(
    {
        "raw": "forever",
        "keep_raw_if_importance": 0.8,
        "worthless_below_importance": 0.0,
        "per_hour_max": 60,
        "ttl": "forever",
        "merge": True,
        "ignore_numbers": False,
        "hourly": "90 days",
        "daily": "forever",
        "monthly": "forever",
        "sessions": "forever",
        "deadband": {},
        "thresholds": {},
        "summary_bytes_max": 1024,
        "digest": "msgpack",
        "llm": False,
        "kinds": {"reading": {"raw": "7 days"}},
    }
)
"""What holds where nobody says otherwise: readings shrink to their summaries, words stay."""


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """What holds for the raw memories of one kind, of one tenant. FOREVER is infinite."""

    raw_s: float
    keep_raw_if_importance: float
    worthless_below_importance: float
    per_hour_max: int
    ttl_s: float
    merge: bool
    ignore_numbers: bool


@dataclass(frozen=True, slots=True)
class PortionRules:
    """What the policies say of a portion (`memory/portions.py`)."""

    thresholds: Sequence[float] = ()
    keep_max: int = 60
    """Readings of an hour that stay."""
    keep_from_importance: float = 1.01


@dataclass(frozen=True, slots=True)
class TenantPolicy:
    """What holds for a tenant as a whole: its summaries, digests and attributes. FOREVER is infinite."""

    hourly_s: float
    daily_s: float
    monthly_s: float
    sessions_s: float
    deadband: Mapping[str, float]
    thresholds: Mapping[str, tuple[float, ...]]
    time_zone: str | None
    """None: the setting `time_zone`."""
    summary_bytes_max: int
    digest: Literal["msgpack", "json"]
    llm: Llm | None


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that holds, in words, and who says so."""

    field: str
    value: str
    said_by: str


class Policies:
    """A policies file as it is asked: by tenant and kind. Each answer is made once."""

    def __init__(self, file: PolicyFile) -> None:
        self._file = file
        self._kinds: dict[tuple[str | None, str | None], KindPolicy] = {}
        self._tenants: dict[str | None, TenantPolicy] = {}

    def of_kind(self, tenant: str, kind: str) -> KindPolicy:
        """What holds for a kind of a tenant."""
        # By what the file names alone: senders choose kinds, and must not fill our memory with them.
        whose = self._named(tenant), kind if kind in self.kinds else None
        if whose not in self._kinds:
            said = {rule: value for rule, (value, _) in self._said(tenant, kind).items()}
            times = {f"{rule}_s": said[rule] for rule in ("raw", "ttl")}
            others = {rule: said[rule] for rule in KindRules.model_fields if rule not in _TIMES}
            self._kinds[whose] = KindPolicy(**times, **others)
        return self._kinds[whose]

    def of_tenant(self, tenant: str) -> TenantPolicy:
        """What holds for a tenant as a whole."""
        whose = self._named(tenant)
        if whose not in self._tenants:
            said = {rule: value for rule, (value, _) in self._said(tenant, None).items()}
            self._tenants[whose] = TenantPolicy(
                **{f"{rule}_s": said[rule] for rule in ("hourly", "daily", "monthly", "sessions")},
                **{rule: said[rule] for rule in ("deadband", "thresholds", "summary_bytes_max", "digest")},
                time_zone=said.get("time_zone"),
                llm=said["llm"] or None,
            )
        return self._tenants[whose]

    def explained(self, tenant: str, kind: str | None = None) -> list[Rule]:
        """All that holds for a tenant (and a kind of its), as the file would say it, and which part does."""
        of_kind = KindRules.model_fields
        return [
            Rule(rule, _in_words(rule, value), said_by)
            for rule, (value, said_by) in self._said(tenant, kind).items()
            if (rule in of_kind) == (kind is not None) and value not in ({}, None)
        ]

    @property
    def tenants(self) -> tuple[str, ...]:
        """Those that the file names; the same holds for all others."""
        return tuple(self._file.tenants)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Those that something holds for in particular, for any tenant."""
        layers = (BUILT_IN, self._file.defaults, *self._file.tenants.values())
        return tuple(sorted(STABLE_KINDS.union(*(layer.kinds for layer in layers))))

    def _named(self, tenant: str) -> str | None:
        return tenant if tenant in self._file.tenants else None

    def _said(self, tenant: str, kind: str | None) -> dict[str, tuple[Any, str]]:
        """The value of each rule, and by whom it is said; of maps each entry is said by itself."""
        said: dict[str, tuple[Any, str]] = {}
        for said_by, of_kind, rules in self._layers(tenant, kind):
            for rule in rules.model_fields_set - {"kinds"}:
                value = getattr(rules, rule)
                beyond = kind in STABLE_KINDS and rule in _BY_NAME_ALONE and not of_kind
                if value is None or (beyond and rules is not BUILT_IN):
                    continue
                if isinstance(value, dict):
                    value = said.get(rule, ({}, ""))[0] | value
                said[rule] = value, said_by
        return {rule: said[rule] for rule in TenantRules.model_fields if rule in said}

    def _layers(self, tenant: str, kind: str | None) -> Iterator[tuple[str, bool, KindRules]]:
        its = self._file.tenants.get(tenant, TenantRules())
        for said_by, rules in (
            ("built in", BUILT_IN),
            ("defaults", self._file.defaults),
            (f"tenants.{tenant}", its),
        ):
            yield said_by, False, rules
            if kind in rules.kinds:
                yield f"{said_by}.kinds.{kind}", True, rules.kinds[kind]


def _in_words(rule: str, value: Any) -> str:
    if rule in _TIMES:
        return in_words(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Llm):
        return f"{value.model} at {value.url}"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_listed(entry)}" for key, entry in sorted(value.items()))
    return str(value)


def _listed(entry: Any) -> str:
    return " and ".join(f"{each:g}" for each in entry) if isinstance(entry, tuple) else f"{entry:g}"


NO_FILE = Policies(PolicyFile())
"""What is built in."""
KEEP_ALL = Policies(
    PolicyFile.model_validate(
        {"defaults": {"raw": "forever", "hourly": "forever", "per_hour_max": PER_HOUR_MAX}}
    )
)
"""Where a file is named and was never right: what is removed is gone, whatever its writer wanted."""
