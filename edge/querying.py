"""Questions under way: each is answered, or it is said why not, by its deadline."""

import math
import secrets
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Final

import msgpack

from broker_bridge import topics
from broker_bridge.loops import Loop, Timer
from broker_bridge.publish_packet import Publication
from broker_bridge.topics import Address
from edge.flushing import FIRST_ERROR, NO_SUBSCRIBERS
from edge.link import Link
from schemas.limits import DEADLINE_MS_MAX

CORRELATION_BYTES: Final = 4
UNDER_WAY_MAX: Final = 64
"""The memory answers no more of one client at a time."""

Raw = dict[str, Any]
"""A request or an answer under the contract's short keys."""


class Unanswered(Exception):
    """Nobody answered in time; says why. What is remembered here is all there is for now."""


class NotGranted(Exception):
    """The account may not ask this; says what it lacks. What is remembered here is not its to see, either."""


class Asker:
    """Asks over a link; `ask` from any thread, the rest on the loop."""

    def __init__(self, link: Link, loop: Loop, address: Address) -> None:
        """`address` is the device's own."""
        self._link = link
        self._loop = loop
        self._address = address
        self._under_way: dict[bytes, tuple[Future[Raw], Timer]] = {}
        self._early: list[Callable[[], None]] = []
        """Came while the first connection is made: who asks at once had better wait for it."""

    @property
    def replies(self) -> str:
        """What has to be heard for answers to come."""
        return topics.all_of_client(topics.REPLY, self._address.tenant, self._address.client)

    def ask(self, path: str, request: Raw, deadline_s: float, *, verb: str = topics.QUERY) -> "Future[Raw]":
        """The answer as it came, or Unanswered or NotGranted; never later than the deadline.

        Raises:
            ValueError: the deadline is no time.
        """
        if not math.isfinite(deadline_s):
            raise ValueError(f"deadline_s: must be seconds, not {deadline_s}")
        answer: Future[Raw] = Future()
        topic = topics.of_client(verb, replace(self._address, entity=path))
        self._loop.call_soon_threadsafe(self._ask, topic, request, deadline_s, answer)
        return answer

    def heard(self, publication: Publication) -> bool:
        """Takes a reply; False if nobody waits for it."""
        waiting = self._under_way.pop(publication.correlation or b"", None)
        if waiting is None:
            return False
        answer, timer = waiting
        timer.cancel()
        try:
            said = msgpack.unpackb(publication.payload)
        except ValueError as error:
            said = error
        if isinstance(said, dict):
            _settle(answer, lambda: answer.set_result(said))
        else:
            _fail(answer, Unanswered(f"an answer came that is none: {said!r:.100}"))
        return True

    def begun(self) -> None:
        """The first attempt to connect has come to its end: what was asked meanwhile is asked now."""
        early, self._early = self._early, []
        for ask in early:
            ask()

    def lost(self) -> None:
        """The connection ended: whoever waits hears it now, and not when his patience ends."""
        under_way, self._under_way = self._under_way, {}
        for answer, timer in under_way.values():
            timer.cancel()
            _fail(answer, Unanswered(f"the connection was lost: {self._link.reason}"))

    def _ask(self, topic: str, request: Raw, deadline_s: float, answer: "Future[Raw]") -> None:
        if self._link.is_beginning and len(self._early) < UNDER_WAY_MAX:
            until_s = self._loop.time() + deadline_s
            timer = self._loop.call_later(deadline_s, _fail, answer, Unanswered("no connection yet"))

            def ask() -> None:
                timer.cancel()
                if not answer.done():
                    self._ask_now(topic, request, max(0.0, until_s - self._loop.time()), answer)

            self._early.append(ask)
        else:
            self._ask_now(topic, request, deadline_s, answer)

    def _ask_now(self, topic: str, request: Raw, deadline_s: float, answer: "Future[Raw]") -> None:
        why_not = self._why_not()
        if why_not is not None:
            _fail(answer, why_not)
            return
        correlation = secrets.token_bytes(CORRELATION_BYTES)
        silent = Unanswered(f"no answer within {deadline_s:g} s")
        timer = self._loop.call_later(deadline_s, self._give_up, correlation, silent)
        self._under_way[correlation] = (answer, timer)
        # The memory refuses to be given longer; we may wait longer all the same.
        deadline_ms = max(1, min(int(deadline_s * 1000), DEADLINE_MS_MAX))
        payload = msgpack.packb(request | {"d": deadline_ms})
        expiry_s = math.ceil(deadline_ms / 1000)
        told = self._taken(correlation, topic)
        self._link.publish(topic, payload, correlation=correlation, expiry_s=expiry_s, told=told)

    def _why_not(self) -> Exception | None:
        if not self._link.up:
            return Unanswered(f"not connected: {self._link.reason}")
        if self.replies in self._link.unheard:
            return NotGranted(self._link.unheard[self.replies])
        if len(self._under_way) >= UNDER_WAY_MAX:
            return Unanswered(f"{UNDER_WAY_MAX} questions are under way already")
        return None

    def _taken(self, correlation: bytes, topic: str) -> Callable[[int | None], None]:
        def told(reason: int | None) -> None:
            if reason == NO_SUBSCRIBERS:
                self._give_up(correlation, Unanswered("no memory listens at this broker"))
            elif reason is not None and reason >= FIRST_ERROR:
                what = f"the broker does not let this account ask on {topic} (MQTT reason 0x{reason:02x})"
                self._give_up(correlation, NotGranted(what))

        return told

    def _give_up(self, correlation: bytes, why: Exception) -> None:
        waiting = self._under_way.pop(correlation, None)
        if waiting is not None:
            answer, timer = waiting
            timer.cancel()
            _fail(answer, why)


def _fail(answer: "Future[Raw]", why: Exception) -> None:
    _settle(answer, lambda: answer.set_exception(why))


def _settle(answer: "Future[Raw]", act: Callable[[], None]) -> None:
    """Whoever asked may have given up meanwhile."""
    if answer.set_running_or_notify_cancel():
        act()
