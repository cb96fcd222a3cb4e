"""Values that nobody changes once they are made, of which thousands a second are made. Pure."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

Value = TypeVar("Value")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def fixed(cls: type[Value]) -> type[Value]:
    """A dataclass that the type checker holds to be frozen.

    What `frozen=True` does at run time makes an instance take four times as long: a memory 2.5 µs, not 0.6.
    Not hashable; where that is wanted, use `dataclass(frozen=True)`.
    """
    return dataclass(slots=True)(cls)
