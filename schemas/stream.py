"""The compact stream: each memory as it is stored, merged, summarised or forgotten (contract §4)."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.observation import Value
from schemas.wire import Finite, Key, Wire

StreamEvent = Literal["stored", "merged", "summarised", "forgotten"]


class StreamRecord(Wire):
    """One line of the stream, under the observation's keys; always msgpack, alone or in an array."""

    event: Annotated[StreamEvent, Key("y")]
    memory: Annotated[str | None, Key("m")] = None
    memories: Annotated[list[str] | None, Key("ms")] = Field(None, description="of `forgotten`: their ids")
    kind: Annotated[str | None, Key("k")] = None
    text: Annotated[str | None, Key("t")] = Field(None, description="cut to 256 bytes")
    value: Annotated[Value | None, Key("v")] = None
    unit: Annotated[str | None, Key("u")] = None
    attribute: Annotated[str | None, Key("p")] = None
    at: Annotated[Finite | None, Key("a")] = Field(None, description="epoch seconds")
    importance: Annotated[Finite | None, Key("w")] = None
    device: Annotated[str | None, Key("c")] = None
    session: Annotated[str | None, Key("s")] = None
    seq: Annotated[int | None, Key("n")] = None
