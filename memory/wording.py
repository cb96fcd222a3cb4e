"""How a plain reading is said in words, and which words are embedded. Pure."""

from memory.records import Memory

UNIT_SYMBOLS = {
    "Cel": "°C",
    "[degF]": "°F",
    "K": "K",
    "%": "%",
    "[ppm]": "ppm",
    "[ppb]": "ppb",
    "m/s": "m/s",
    "km/h": "km/h",
    "[mi_i]/h": "mph",
    "deg": "°",
    "Ohm": "Ω",
    "um": "µm",
    "ug/m3": "µg/m³",
    "m3": "m³",
    "m2": "m²",
    "1": "",
}
"""UCUM codes (ucum.org) whose usual symbol is another; every other unit is said as it was sent."""

EMBEDDED_CHARACTERS_MAX = 2000
"""MiniLM reads 256 word pieces, about 1,000 characters; what lies past twice that costs time alone."""

_SIGNIFICANT_DIGITS = 2


def reading_words(entity: str, attribute: str | None, value: float | str | None, unit: str | None) -> str:
    """`home7/kitchen`, `temperature`, 21.5, `Cel` → `kitchen temperature 21.5 °C`."""
    place = entity.rsplit("/", 1)[-1]
    return " ".join(part for part in (place, attribute, _said(value), _symbol(unit)) if part)


def embedded_words(memory: Memory, *, plain_reading: bool) -> str:
    """What is embedded for a memory: its text; for a plain reading, its words with the number rounded.

    A sentence encoder hardly tells 21.53 from 21.48, so each rounded value is embedded once and cached:
    a sensor's thousandth reading costs no model. The stored text and value keep every digit.
    """
    if plain_reading and isinstance(memory.value, float | int) and not isinstance(memory.value, bool):
        rounded = float(f"{memory.value:.{_SIGNIFICANT_DIGITS}g}")
        return reading_words(memory.entity, memory.attribute, rounded, memory.unit)
    return memory.text[:EMBEDDED_CHARACTERS_MAX]


def _said(value: float | str | None) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.12g}"
        case None:
            return None
        case _:
            return str(value)


def _symbol(unit: str | None) -> str | None:
    return UNIT_SYMBOLS.get(unit, unit) if unit else None
