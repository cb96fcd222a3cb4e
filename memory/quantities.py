"""What can be measured, by the words of a question: which attributes, which units, which way is up. Pure.

English, like the times. A table, since a sentence encoder puts `humid` near to `temperature`, too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Quantity:
    """One thing that is measured."""

    attributes: frozenset[str]
    """Words in the names that devices give to attributes; each may be one of several."""
    nouns: frozenset[str]
    """What a question calls it; of two words where one says too little."""
    more: frozenset[str] = field(default=frozenset())
    """Adjectives that ask for much of it."""
    less: frozenset[str] = field(default=frozenset())
    units: frozenset[str] = field(default=frozenset())
    """Which nothing else is measured in: where no name tells, they do."""


def _quantity(attributes: str, nouns: str, more: str = "", less: str = "", units: str = "") -> Quantity:
    spoken = frozenset(each.replace("_", " ") for each in nouns.split())
    return Quantity(
        frozenset(attributes.split()), spoken, *(frozenset(each.split()) for each in (more, less, units))
    )


QUANTITIES = (
    _quantity("temperature temp tmp", "temperature degree celsius fahrenheit", "warm hot mild",
              "cold cool chilly freezing icy frosty", "Cel °C [degF] °F"),
    _quantity("humidity moisture rh hum", "humidity moisture", "humid damp moist wet", "dry"),
    _quantity("illuminance brightness luminance lux light", "illuminance brightness light_level lux",
              "bright", "dark dim", "lx"),
    _quantity("noise sound loudness spl decibel", "noise sound_level decibel", "loud noisy", "quiet silent",
              "dB dBA"),
    _quantity("weight mass", "weight mass kilo kilogram", "heavy", units="kg g"),
    _quantity("power wattage load", "power watt wattage", units="W kW"),
    _quantity("energy consumption kwh", "energy consumption electricity kwh", units="kWh Wh J"),
    _quantity("co2 carbon voc aqi pm25 pm10 air", "co2 carbon_dioxide air_quality aqi voc ppm",
              "stuffy stale polluted", "fresh", "[ppm] ppm ug/m3"),
    _quantity("wind gust", "wind wind_speed gust", "windy stormy gusty", "calm"),
    _quantity("rain rainfall precipitation", "rain rainfall precipitation", "rainy wet", "dry"),
    _quantity("snow snowfall", "snow snowfall", "snowy"),
    _quantity("pressure barometer", "pressure barometer", units="hPa mbar"),
    _quantity("battery charge", "battery battery_level"),
    _quantity("speed velocity", "speed velocity", "fast", "slow"),
    _quantity("uv sun sunshine solar irradiance", "uv sunshine solar", "sunny"),
    _quantity("cloud cloudiness", "cloudiness cloud_cover", "cloudy overcast", "clear"),
    _quantity("pulse bpm heart", "pulse heart_rate heartbeat", units="{beats}/min bpm"),
    _quantity("depth level", "depth water_level", "deep full", "shallow empty"),
    _quantity("distance range", "distance", "far", "near close"),
)  # fmt: skip
_NOUNS = [(each, re.compile(rf"\b(?:{'|'.join(sorted(each.nouns))})\b")) for each in QUANTITIES]


@dataclass(frozen=True, slots=True)
class Meant:
    """A quantity that a question may mean, and whether by a word for much (1), for little (-1) or neither."""

    quantity: Quantity
    way: int


_OF_SOMETHING_ELSE = re.compile(r"\bpower (?:outage|cut|failure|supply|plug)s?\b|\bout of power\b")
"""Nobody asks for watts by these."""


def degree(adjective: str) -> list[Meant]:
    """What `warm` or `dry` is a degree of; one word of several: `wet` is rain outside, and damp inside."""
    return list(_by_adjective(adjective.lower()))


def superlative(word: str) -> list[Meant]:
    """What `coldest` or `wettest` is the most of."""
    return [meant for adjective in _stems_of_superlative(word.lower()) for meant in degree(adjective)]


def named(text: str) -> list[Meant]:
    """What is named by its noun in a text: `temperature`, `air quality`."""
    text = _OF_SOMETHING_ELSE.sub(" ", text.lower())
    words = " ".join(singular(word) for word in re.findall(r"[^\W_]+", text))
    return [Meant(quantity, 0) for quantity, nouns in _NOUNS if nouns.search(words)]


def name_words(name: str) -> frozenset[str]:
    """The words in the name of an attribute, a device, an entity: `kitchenTemp-2` is kitchen, temp and 2."""
    return frozenset(map(singular, name_parts(name)))


def name_parts(name: str) -> list[str]:
    """The same in their order, as they stand."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W_]+", spaced.lower())


def singular(word: str) -> str:
    """`batteries` → `battery`, `doors` → `door`; no more, for names are nouns."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us")) and len(word) > 3 else word


def _by_adjective(adjective: str) -> Iterator[Meant]:
    for quantity in QUANTITIES:
        if adjective in quantity.more:
            yield Meant(quantity, 1)
        elif adjective in quantity.less:
            yield Meant(quantity, -1)


def _stems_of_superlative(word: str) -> Iterator[str]:
    """`coldest` → cold, `hottest` → hot, `driest` → dry."""
    if not word.endswith("est"):
        return
    stem = word[:-3]
    yield stem
    yield stem + "e"
    if stem.endswith("i"):
        yield stem[:-1] + "y"
    if len(stem) > 2 and stem[-1] == stem[-2]:
        yield stem[:-1]
