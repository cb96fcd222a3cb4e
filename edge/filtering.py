"""Whether a match is what a request's filters want, as the contract says (§5). Pure."""

from schemas.meta_terms import meta_terms
from schemas.replies import Match
from schemas.requests import Filters
from schemas.times import resolve


def wanted(match: Match, filters: Filters, now: float) -> bool:
    """All conditions at once; bounds are included, and negative ones count back from `now`."""
    since, until = resolve(filters.since, now), resolve(filters.until, now)
    return (
        (since is None or match.at >= since)
        and (until is None or match.at <= until)
        and _among(match.kind, filters.kinds)
        and _among(match.device, filters.devices)
        and _among(match.session, filters.sessions)
        and (not filters.tags or set(filters.tags) <= set(match.tags or ()))
        and (not filters.meta or set(meta_terms(filters.meta)) <= set(meta_terms(match.meta or {})))
    )


def _among(value: str | None, values: list[str] | None) -> bool:
    return values is None or value in values
