"""A moment in the words of a prompt: `22 Nov 2026`, `13:48`. Pure."""

from datetime import UTC, datetime, tzinfo

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_and_clock(at: float, zone: tzinfo | None) -> tuple[str, str]:
    """Of a zone, or else of UTC."""
    local = datetime.fromtimestamp(at, zone or UTC)
    day = f"{local.day} {_MONTHS[local.month - 1]} {local.year}"
    return day, f"{local.hour:02}:{local.minute:02}"
