"""What every model of the wire shares: a long name and a short key for each field, both of them read."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Self, cast

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

_PART_CHARACTERS_MAX = 32
"""Of each part of the path to a wrong field, in a hint; our own names are shorter."""

_SCALARS = frozenset({str, int, float, bool})

Raw = dict[str, Any]
"""A decoded map, under long names or short keys."""

Finite = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True)
class Key:
    """The short key of a field: what msgpack carries in place of its name."""

    short: str


class Wire(BaseModel):
    """A map that crosses the broker.

    Reads long names and short keys in any mix (the long one wins where both stand), ignores what
    it does not know, and takes no type for another: `"5"` is not 5.
    """

    # Errors name a field as we do, whichever name its sender took.
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, loc_by_alias=False)

    @classmethod
    def __pydantic_init_subclass__(cls, **_options: Any) -> None:
        # A `Key` does not know the name that has to come before it, so here. Pydantic looks for both where it
        # looks for the field, in two thirds of the time that renaming them in Python takes.
        for name, key in short_keys(cls).items():
            cls.model_fields[name].validation_alias = AliasChoices(name, key)
        cls.model_rebuild(force=True)

    def dump(self, *, short: bool) -> Raw:
        """The map to encode: short keys for msgpack, long names for JSON; absent fields are not written."""
        keys = short_keys(type(self)) if short else long_names(type(self))
        dumped: Raw = {}
        for name, value in self.__dict__.items():  # all fields as they are declared, and nothing else
            if value is not None:
                is_plain = type(value) in _SCALARS  # most are, and ten thousands a second are written
                dumped[keys[name]] = value if is_plain else _plain(value, short=short)
        return dumped

    @classmethod
    def map_of(cls, *, short: bool, **fields: object) -> Raw:
        """What `dump` makes of an instance with such fields, without one: in less than half the time.

        For plain values that we made ourselves, ten thousands a second: nothing is checked but the names.
        """
        keys = short_keys(cls) if short else long_names(cls)
        return {keys[name]: value for name, value in fields.items() if value is not None}

    @classmethod
    def load(cls, raw: object) -> Self:
        """Reads a decoded map.

        Raises:
            Invalid: names the first field that is wrong, and what it has to be.
        """
        try:
            # As `model_validate`, which looks for options that there are none of for as long again.
            return cast("Self", cls.__pydantic_validator__.validate_python(raw))
        except ValidationError as error:
            raise Invalid.of(error) from None


class Invalid(ValueError):
    """A decoded payload that is not what its topic asks for; says which field, and what it must be."""

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"`{field}`: {problem}" if field else problem)

    @classmethod
    def of(cls, error: ValidationError) -> Self:
        """The first thing that is wrong, as one line, without the value that was sent."""
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        # A part may be a key the sender made up (bytes, in `meta`): as long as the payload, if not cut.
        if first["type"] == "missing":
            first["msg"] = "is needed"
        field = ".".join(str(part)[:_PART_CHARACTERS_MAX] for part in first["loc"])
        if first["type"] in {"model_type", "dict_type"}:
            return cls(field, "must be a map")
        return cls(field, first["msg"].removeprefix("Value error, "))


@lru_cache(maxsize=128)
def short_keys(model: type[Wire]) -> dict[str, str]:
    """Long name → short key, in the order of declaration; a field without a `Key` keeps its name."""
    keys = {}
    for name, field in model.model_fields.items():
        keys[name] = next((part.short for part in field.metadata if isinstance(part, Key)), name)
    return keys


@lru_cache(maxsize=128)
def long_names(model: type[Wire]) -> dict[str, str]:
    """Anything a sender may write for a field → its long name."""
    keys = short_keys(model)
    return {short: name for name, short in keys.items()} | {name: name for name in keys}


def unknown_fields(model: type[Wire], raw: Raw) -> int:
    """How many of the sender's fields the contract does not know: ignored, and counted."""
    known = long_names(model).keys()
    return 0 if raw.keys() <= known else len(raw.keys() - known)


def _plain(value: object, *, short: bool) -> object:
    if isinstance(value, Wire):
        return value.dump(short=short)
    if isinstance(value, list):
        return [_plain(item, short=short) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item, short=short) for key, item in cast("dict[str, object]", value).items()}
    return value
