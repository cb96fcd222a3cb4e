"""Time zones by their IANA names. Pure."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UTC_NAME = "UTC"
"""Where nobody says anything else."""


class UnknownZone(ValueError):
    """No time zone of this name."""


def zone(name: str) -> ZoneInfo:
    """The zone of a name.

    Raises:
        UnknownZone: there is none; says what would do.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones, a path out of it
        raise UnknownZone(f"no time zone {name[:64]!r}; use an IANA name such as Europe/Berlin") from None
