"""What a caretaker looks at: memories of whole tenants, whoever's. No request ever does.

A `Where` is of one scope, and all that a request can search by. An `Upkeep` is a type of its own, which the
store takes in one method that no request calls; import-linter keeps it from whoever answers one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from memory.conditions import SUMMARY, AnyOf, Between, Condition, Equals, of_whole
from memory.keep_times import FOREVER
from memory.policies import Policies
from memory.retention import PERIODS, keep_s

_OTHER = ""
"""No tenant and no kind is called so: what holds for it holds for all that the file does not name."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """All of `must`, which is never nothing, none of `must_not`; of every tenant, where neither names one."""

    must: tuple[Condition, ...]
    must_not: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError: what is only not something may be a tombstone, which has no fields at all."""
        if not self.must:
            raise ValueError("an upkeep has to say what it looks at")


def may_be_due(policies: Policies, now: float) -> Iterator[Upkeep]:
    """Whatever may have to go at `now`, and not much more: `memory/retention.py` judges each."""
    yield Upkeep((Between("expires", None, now),))
    for tenant in (*policies.tenants, _OTHER):
        for each in (*_raw(policies, tenant, now), *_summaries(policies, tenant, now)):
            yield _of_tenant(each, tenant, policies.tenants)


def _raw(policies: Policies, tenant: str, now: float) -> Iterator[Upkeep]:
    """Kinds that are kept equally long are looked at together."""
    by_time: dict[float, list[str]] = {}
    for kind in policies.kinds:
        by_time.setdefault(policies.of_kind(tenant, kind).raw_s, []).append(kind)
    for raw_s, kinds in by_time.items():
        if raw_s != FOREVER:
            yield Upkeep((AnyOf("kind", tuple(kinds)), Between("at", None, now - raw_s)), (SUMMARY,))
    raw_s = policies.of_kind(tenant, _OTHER).raw_s
    if raw_s != FOREVER:
        named = AnyOf("kind", tuple(policies.kinds))
        yield Upkeep((Between("at", None, now - raw_s),), (SUMMARY, named))


def _summaries(policies: Policies, tenant: str, now: float) -> Iterator[Upkeep]:
    of_tenant = policies.of_tenant(tenant)
    for tag, reason in PERIODS.items():
        kept_s = keep_s(of_tenant, reason)
        if kept_s != FOREVER:
            yield Upkeep((SUMMARY, Equals("tags", tag), Between("at", None, now - kept_s)))


def _of_tenant(upkeep: Upkeep, tenant: str, named: Sequence[str]) -> Upkeep:
    if tenant != _OTHER:
        return Upkeep((of_whole(tenant), *upkeep.must), upkeep.must_not)
    if not named:
        return upkeep
    others = AnyOf("scope", tuple(of_whole(each).value for each in named))
    return Upkeep(upkeep.must, (*upkeep.must_not, others))
