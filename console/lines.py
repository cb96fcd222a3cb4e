"""What verbs print for people: one line each, and nothing a terminal would obey. Pure."""

import unicodedata
from typing import Any

from console.output import moment
from schemas.reading_words import reading_words
from schemas.receipt import Receipt
from schemas.stream import StreamRecord

_DIGITS = 6
"""Of a figure: a mean has no end of them."""
_JOINERS = "\u200c\u200d"
"""They hold families of emoji and Indic letters together, and move nothing."""


def shown(text: str) -> str:
    """Text that somebody else chose, made safe for a terminal: no control, no line break, no turn."""
    return "".join(_escaped(character) if _is_obeyed(character) else character for character in text)


def _is_obeyed(character: str) -> bool:
    category = unicodedata.category(character)
    return (category[0] == "C" and character not in _JOINERS) or category in ("Zl", "Zp")


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def reading(attribute: str | None, value: object, unit: str | None) -> str:
    """`temperature 21.5 Cel`, as far as there is any of it."""
    if value is None:
        return attribute or ""
    number = str(value).lower() if isinstance(value, bool) else str(value)
    return " ".join(part for part in (attribute, number, unit) if part)


def content(entity: str, told: dict[str, Any]) -> str:
    """What a memory says: its reading, its text, or both; not the words that ingest made of the reading."""
    of_reading = told.get("attribute"), told.get("value"), told.get("unit")
    text = told.get("text")
    said = reading(*of_reading)
    if told.get("value") is None:
        said = text or said
    elif text and text != reading_words(entity, *of_reading):
        said = f"{said}: {text}"
    return shown(said)


def of_match(match: dict[str, Any], *, explain: bool = False) -> str:
    """Time, score, entity, kind, content; with `explain` the id and the parts of the score below."""
    score = match.get("score")
    line = "  ".join(
        [
            moment(match["at"]),
            f"{score:.3f}" if score is not None else "    -",
            shown(match["entity"]),
            shown(match["kind"]),
            content(match["entity"], match),
        ]
    )
    if not explain:
        return line
    parts = [f"{name} {value:.3f}" for name, value in sorted(match.get("parts", {}).items())]
    return line + "\n    " + "  ".join([f"memory {match['memory']}", *parts])


def of_time(read: dict[str, Any]) -> str:
    """How words of a question were read as a time."""
    return f"read {shown(read['words'])!r} as {_span(read)}"


def of_reading(told: dict[str, Any]) -> str:
    """What readings answer: when the proof was observed, of what, and how much or how often.

    Of which time it tells, where that is not the one that was asked for.
    """
    whose = [told["asked"], told["entity"], told.get("attribute"), _by(told.get("device")), told.get("state")]
    parts = [*whose, _figures(told), _often(told), _span(told) if told.get("snapped") else ""]
    return "  ".join([moment(told["at"]), *(shown(part) for part in parts if part)])


def _span(of: dict[str, Any]) -> str:
    since, until = (moment(of[end]) if end in of else "" for end in ("since", "until"))
    return f"{since} to {until}" if since and until else f"since {since}" if since else f"until {until}"


def _figures(told: dict[str, Any]) -> str:
    """Lowest, mean and highest where they were asked for, else the value that proves it."""
    figures = [f"{name} {told[name]:.{_DIGITS}g}" for name in ("min", "mean", "max") if name in told]
    if figures:
        return " ".join([*figures, told.get("unit", "")]).strip()
    if told["asked"] == "count" or "state" in told:
        return ""
    return reading(None, told.get("value"), told.get("unit"))


def _often(told: dict[str, Any]) -> str:
    if "count" not in told:
        return ""
    return f"{told['count']} times" if told["asked"] == "count" else f"of {told['count']} readings"


def _by(device: str | None) -> str:
    return f"by {device}" if device else ""


def of_record(tenant: str, entity: str, record: StreamRecord) -> str:
    """A line of the stream."""
    when = moment(record.at) if record.at is not None else " " * len(moment(0))
    if record.memories is not None:
        said = f"{len(record.memories)} memories: {', '.join(record.memories)}"
    else:
        said = content(entity, record.dump(short=False))
    parts = [when, record.event, f"{tenant}/{entity}", record.kind or "-", f"by {record.device or '-'}"]
    return "  ".join([*map(shown, parts), shown(said)])


def of_receipt(receipt: Receipt) -> str:
    """What became of an observation."""
    if receipt.status == "refused":
        return shown(f"refused ({receipt.reason}): {receipt.hint}")
    return f"{receipt.status}  memory {receipt.memory}"
