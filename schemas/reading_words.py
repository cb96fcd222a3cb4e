"""How a plain reading is said in words. Pure."""

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


def reading_words(entity: str, attribute: str | None, value: float | str | None, unit: str | None) -> str:
    """`home7/kitchen`, `temperature`, 21.5, `Cel` → `kitchen temperature 21.5 °C`."""
    place = entity.rsplit("/", 1)[-1]
    return " ".join(filter(None, (place, attribute, _said(value), _symbol(unit))))


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
