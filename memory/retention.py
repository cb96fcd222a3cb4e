"""What is kept no longer, and why it may go: what is raw, because its summary says it; a summary, because
the one above does; the rest by rule. Pure: the policies and the clock come in.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from memory.policies import KindPolicy, TenantPolicy
from memory.portions import Period, portions_of
from memory.records import Memory
from memory.worth import worth_keeping

Reason = Literal["expired", "raw", "worthless", "thinned", "hourly", "daily", "monthly", "session"]
"""`thinned`: what a condensed hour holds beyond `per_hour_max`, which who condenses it decides."""
SETTLED_S = 10.0
"""Between when an observation comes and a search finds it: a summary made meanwhile may have missed it."""
_PERIODS_BELOW: dict[Reason, Period] = {"hourly": "hour", "daily": "day"}
_ABOVE = frozenset(_PERIODS_BELOW)
"""Go only once the period above has its summary; months and sessions are the last word, and go by age."""


def reason_to_remove(
    memory: Memory, of_kind: KindPolicy, of_tenant: TenantPolicy, now: float, *, condensed: bool
) -> Reason | None:
    """Why a memory goes now; None: it stays. `condensed`: the summary that its window is in has been made."""
    if memory.expires is not None and memory.expires <= now:
        return "expired"
    if memory.tier == "summary":
        return _of_summary(memory, of_tenant, now - memory.at, condensed=condensed)
    # What tells of long ago and came just now, an import or a device that was away, is kept as long as news.
    return _of_raw(memory, of_kind, now - max(memory.at, memory.received), condensed=condensed)


def _of_raw(memory: Memory, of_kind: KindPolicy, age_s: float, *, condensed: bool) -> Reason | None:
    importance = worth_keeping(memory)
    if age_s <= of_kind.raw_s or importance >= of_kind.keep_raw_if_importance:
        return None
    if importance < of_kind.worthless_below_importance:
        return "worthless"
    return "raw" if condensed else None


def _of_summary(memory: Memory, of_tenant: TenantPolicy, age_s: float, *, condensed: bool) -> Reason | None:
    reason = summary_reason(memory)
    if reason is None or age_s <= keep_s(of_tenant, reason):
        return None
    of_texts = memory.attribute is None
    return reason if condensed or of_texts or reason not in _ABOVE else None


def told_by(memory: Memory) -> tuple[str, ...]:
    """The ids of summaries, of which one has to tell of a memory before that goes, the nearest first.

    None of none ever will.
    """
    if memory.tier == "raw":
        return tuple(portion.summary_id for portion in portions_of(memory))
    period = _PERIODS_BELOW.get(summary_reason(memory) or "raw")
    if memory.attribute is None or period is None:
        return ()
    # What a reading of that time would be in: a summary is in no portion itself.
    like = replace(memory, tier="raw", kind="reading", value=0.0)
    above = [portion for portion in portions_of(like) if portion.period != "hour"]
    return tuple(portion.summary_id for portion in above if portion.period != period)


def is_told(memory: Memory, summaries: Mapping[str, Memory]) -> bool:
    """Whether a memory may go because of a summary; `summaries` by id.

    The nearest that is there has to be made since: one above may be newer, and made of the nearest as that
    was before something came late. Where the nearest is gone, the one above had told it; what comes for it
    after that makes it anew. Made right after a memory came it may have missed it; that was due then, and is
    told by the time that one above is made. An outlier stays as long as the summary of its hour.
    """
    there = [summaries[each] for each in told_by(memory) if each in summaries]
    if not there or there[0].received < memory.received:
        return False
    nearest = there[0].measured
    is_outlier = nearest is not None and memory.id in nearest.outliers
    return not is_outlier and any(tells_of(each, memory) for each in there)


def tells_of(summary: Memory, memory: Memory) -> bool:
    """Whether a summary was made after a memory came: what came later may not be in it."""
    settled_s = SETTLED_S if memory.tier == "raw" else 0.0  # summaries are made one after the other
    return summary.tier == "summary" and summary.received >= memory.received + settled_s


def summary_reason(memory: Memory) -> Reason | None:
    """The reason for which a summary would go, by its period; one of no period that we know stays."""
    return next((reason for tag, reason in PERIODS.items() if tag in memory.tags), None)


def keep_s(of_tenant: TenantPolicy, reason: Reason) -> float:
    """How long summaries are kept that would go for this reason."""
    return {
        "hourly": of_tenant.hourly_s,
        "daily": of_tenant.daily_s,
        "monthly": of_tenant.monthly_s,
        "session": of_tenant.sessions_s,
    }[reason]


PERIODS: dict[str, Reason] = {"hour": "hourly", "day": "daily", "month": "monthly", "session": "session"}
"""A summary's tag → the reason for which it goes."""
