"""What the services say to operators: status, stats, dead letters (contract §1); always JSON."""

from typing import Literal

from pydantic import Field

from schemas.wire import Finite, Wire

Health = Literal["starting", "online", "degraded", "offline"]
Durability = Literal["power", "process"]


class ServiceStatus(Wire):
    """Retained; `offline` is also the last will."""

    status: Health
    reason: str | None = Field(None, description="of `degraded`: what is away, and the next step")
    version: str | None = None
    since: Finite | None = Field(None, description="epoch seconds of this status")
    durability: Durability | None = Field(
        None, description="`power`: a receipt survives a power cut; `process`: only a crash of every process"
    )


class ServiceStats(Wire):
    """Every 10 s."""

    at: Finite = Field(description="epoch seconds")
    uptime_s: Finite
    counters: dict[str, int] = Field(description="since the start, by what happened")
    gauges: dict[str, float] = Field(description="now: queues, memory, times")


class DeadLetter(Wire):
    """What was refused, with everything needed to understand and replay it."""

    letter: str = Field(description="its id; `membroker deadletters show ID`")
    at: Finite = Field(description="epoch seconds")
    topic: str = Field(description="where it was published")
    reason: str
    hint: str
    payload: str = Field(description="base64")
    payload_bytes: int = Field(description="of the whole payload")
    cut: bool | None = Field(
        None, description="true: not kept whole (too large, or forgotten); cannot be replayed"
    )
    traceback: str | None = Field(None, description="of a `fault`: ours")
