"""What is retained about an entity, so that whoever connects knows it before asking (contract §1).

A digest has to fit into a small device, so it says nothing twice: whose it is, its topic says. Times are
whole seconds. Ids of memories would be a third of it, so there are none: who cites asks for the `profile`.
"""

from typing import Annotated, Literal

from pydantic import Field

from schemas.observation import Value
from schemas.wire import Finite, Key, Wire

Period = Literal["hour", "day", "month"]


class DigestState(Wire):
    """The latest value of one attribute."""

    value: Annotated[Value | None, Key("v")] = None
    unit: Annotated[str | None, Key("u")] = None
    at: Annotated[int, Key("a")] = Field(description="epoch seconds")
    text: Annotated[str | None, Key("t")] = Field(None, description="where there is no value")


class Gist(Wire):
    """What a session, or a day, was about."""

    text: Annotated[str, Key("t")]
    at: Annotated[int, Key("a")] = Field(description="of the last that it tells of, epoch seconds")
    session: Annotated[str | None, Key("s")] = Field(None, description="absent: a day")


class Digest(Wire):
    """On `summary/latest`: what is to be known of an entity now."""

    at: Annotated[int, Key("a")] = Field(description="of the newest memory in it, epoch seconds")
    facts: Annotated[list[str] | None, Key("f")] = Field(None, description="most important first")
    preferences: Annotated[list[str] | None, Key("p")] = Field(None, description="most important first")
    routines: Annotated[list[str] | None, Key("r")] = Field(None, description="most important first")
    state: Annotated[dict[str, DigestState] | None, Key("s")] = Field(None, description="by attribute")
    gists: Annotated[list[Gist] | None, Key("g")] = Field(None, description="newest first")
    more: Annotated[bool | None, Key("e")] = Field(
        None, description="true: more is remembered than fits; ask for the `profile`"
    )


class Series(Wire):
    """What a device measured of one attribute in a period."""

    attribute: Annotated[str | None, Key("p")] = None
    device: Annotated[str, Key("c")]
    unit: Annotated[str | None, Key("u")] = None
    count: Annotated[int, Key("n")] = Field(description="readings")
    min: Annotated[Finite | None, Key("i")] = None
    max: Annotated[Finite | None, Key("x")] = None
    mean: Annotated[Finite | None, Key("m")] = Field(None, description="to six digits")
    last: Annotated[Value, Key("v")]
    trend: Annotated[Literal["rising", "falling", "steady"] | None, Key("d")] = None
    held: Annotated[dict[str, int] | None, Key("h")] = Field(
        None, description="of texts, true and false: for how many seconds each held"
    )


class PeriodDigest(Wire):
    """On `summary/hour`, `day` and `month`: what the last one that is over was, in UTC."""

    period: Annotated[Period, Key("p")]
    since: Annotated[int, Key("f")] = Field(description="its begin, epoch seconds")
    until: Annotated[int, Key("e")] = Field(description="its end, not included")
    readings: Annotated[list[Series] | None, Key("r")] = Field(None, description="by attribute and device")
    gists: Annotated[list[Gist] | None, Key("g")] = Field(None, description="newest first")
    more: Annotated[bool | None, Key("m")] = Field(None, description="true: more is remembered than fits")
