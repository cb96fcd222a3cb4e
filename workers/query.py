"""Query: from a request's topic to its answer, or to silence once its deadline has passed.

request → envelope → admitted? → fields → embed, search, rank → fit to bytes → reply → acknowledge
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter, deque

from broker_bridge import topics
from broker_bridge.codec import Encoding, encode
from broker_bridge.messages import Message
from broker_bridge.presence import Measures
from broker_bridge.requests import Asked, Refused, ReplyTo, Unanswerable, deadline, read_ask
from broker_bridge.session import Session
from broker_bridge.topics import Address
from memory.errors import MemoryFault, StoreError
from schemas.limits import QUERIES_IN_FLIGHT_MAX
from schemas.replies import Failure, Reply
from schemas.requests import Feedback, Request, UnknownOp, request_type
from schemas.wire import Invalid, unknown_fields
from workers import deeds
from workers.answers import Answers, scope_of
from workers.auditing import Auditing
from workers.erasing import Erasing
from workers.faults import Answer, Doing, decide
from workers.fitting import fit
from workers.limits import Pace
from workers.manage import Manage
from workers.policies import LivePolicies
from workers.rating import Rating
from workers.report import Report
from workers.retention import Retention
from workers.unanswered import Impossible, NotFound, NotServed
from workers.using import Using

SUBSCRIPTIONS = tuple(
    topics.shared(topics.QUERY_GROUP, topics.asked_of_all(verb)) for verb in topics.ASKED_VERBS
)

UNDER_WAY_MAX = 1024
"""Requests of all clients together; past it, reading stops."""
LATENCIES_KEPT = 1000
TROUBLE_S = 60.0
"""After the last answer that failed: where nobody asks, nothing else would show that the trouble is over."""

log = logging.getLogger(__name__)


class Query:
    """Answers what kiosks ask, each request in a task of its own, a few at a time at the model and store."""

    def __init__(
        self,
        *,
        session: Session,
        answers: Answers,
        manage: Manage,
        rating: Rating,
        auditing: Auditing,
        erasing: Erasing,
        retention: Retention,
        using: Using,
        policies: LivePolicies,
        pace: Pace,
        at_once: int,
        report: Report,
    ) -> None:
        self._session = session
        self._answers = answers
        self._manage = manage
        self._rating = rating
        self._auditing = auditing
        self._erasing = erasing
        self._retention = retention
        self._using = using
        self._policies = policies
        self._pace = pace
        self._report = report
        self._trouble_ends: asyncio.TimerHandle | None = None
        self._admitted = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_flight: Counter[tuple[str, str]] = Counter()
        self._took_ms: deque[float] = deque(maxlen=LATENCIES_KEPT)
        self.counters: Counter[str] = Counter()
        self.last_heard = float("-inf")
        """time.monotonic() of the last request: ingest leaves a core free while somebody asks."""

    def hear(self, message: Message) -> None:
        """Takes a message from the session; never blocks, never raises."""
        if topics.is_of_system(message.topic):
            # Our own status and stats: a service called `query` has the shape of a request's topic.
            self._session.acknowledge(message)
            return
        self.last_heard = message.arrived
        self.counters["requests"] += 1
        task = asyncio.get_running_loop().create_task(self._serve(message), name=f"answer {message.topic}")
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        if len(self._tasks) >= UNDER_WAY_MAX:
            self._session.pause()

    async def run(self) -> None:
        """Serves until cancelled: each request runs by itself, and this is what is done beside them."""
        async with asyncio.TaskGroup() as beside:
            beside.create_task(self._auditing.run(), name="query audit")
            beside.create_task(self._erasing.run(), name="query erase")
            beside.create_task(self._retention.run(), name="query retention")
            beside.create_task(self._using.run(), name="query use")
            beside.create_task(self._policies.run(self._report), name="query policies")
            beside.create_task(asyncio.to_thread(self._answers.warm_up), name="query warm up")

    async def drain(self) -> None:
        """Returns when every request taken has its answer."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await asyncio.sleep(0)
        await self._using.settle()
        with contextlib.suppress(StoreError):
            await self._auditing.settle()

    def close(self) -> None:
        """Ends the embedding threads, and lets go of the audit log."""
        self._no_trouble()
        self._answers.close()
        self._auditing.close()

    def measure(self) -> Measures:
        """Counters since the start, and the last answers' times in ms."""
        took = sorted(self._took_ms)
        removing = self._retention.removing
        gauges = {
            "under_way": float(len(self._tasks)),
            "erasures": float(self._erasing.erasures),
            "sweeps": float(self._retention.sweeps),
            "prune_step_ms_max": round(removing.step_ms_max, 1),
        }
        if took:
            gauges |= {
                "took_ms_p50": round(took[len(took) // 2], 2),
                "took_ms_p95": round(took[len(took) * 95 // 100], 2),
            }
        counters = self.counters + removing.counters + self._using.counters + self._session.counters
        return Measures(counters, gauges)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.counters["broken"] += 1
            log.error("a request broke", extra={"action": "break"}, exc_info=task.exception())
        if len(self._tasks) <= UNDER_WAY_MAX // 2:
            self._session.resume()

    async def _serve(self, message: Message) -> None:
        try:
            client = topics.speaker(message.topic)
            # Before it is read: what is malformed, or asked in the wrong place, is a request all the same.
            too_fast = client is not None and not self._pace.allows(client, message.arrived)
            reply_to, asked = read_ask(message)
        except Unanswerable:
            self.counters["unanswerable"] += 1
        except Refused as refused:
            failure = _too_fast(refused.reply_to) if too_fast else refused.failure
            await self._fail(message, refused.reply_to, failure)
        else:
            if too_fast:
                await self._fail(message, reply_to, _too_fast(reply_to))
            else:
                await self._serve_counted(message, reply_to, asked)
        finally:
            self._session.acknowledge(message)

    async def _serve_counted(self, message: Message, reply_to: ReplyTo, asked: Asked) -> None:
        """Serves, unless the same client has too many under way."""
        if self._in_flight[reply_to.client] >= QUERIES_IN_FLIGHT_MAX:
            hint = f"wait for answers: at most {QUERIES_IN_FLIGHT_MAX} under way a client"
            await self._fail(
                message, reply_to, Failure(id=reply_to.id, code=429, error="too many in flight", hint=hint)
            )
            return
        self._in_flight[reply_to.client] += 1
        try:
            await self._serve_until_deadline(message, reply_to, asked)
        finally:
            self._in_flight[reply_to.client] -= 1
            if not self._in_flight[reply_to.client]:
                del self._in_flight[reply_to.client]

    async def _serve_until_deadline(self, message: Message, reply_to: ReplyTo, asked: Asked) -> None:
        try:
            kind = request_type(asked.topic.verb, asked.fields)
            if _only_asks(kind):
                self._answers.check_served(kind)
            request = kind.load(asked.fields)
        except (Invalid, UnknownOp, NotServed) as error:
            await self._fail(message, reply_to, _failure(reply_to, error))
            return
        self.counters["unknown_fields"] += unknown_fields(kind, asked.fields)
        until = deadline(message, request.deadline_ms)
        # What changes memory is done to the end, even if nobody waits for the answer any more.
        patience = until - time.monotonic() if _only_asks(kind) else None
        try:
            async with asyncio.timeout(patience):
                payload = await self._answer(message, reply_to, asked, request)
        except TimeoutError:
            payload = None
        # An embedded store answers without ever waiting, so no timeout could interrupt it: look again.
        if payload is None or time.monotonic() >= until:
            # Nobody waits for it any more: an answer now would only cost the kiosk's battery.
            self.counters["deadlines_passed"] += 1
            return
        await self._send(reply_to, payload, until)

    async def _answer(self, message: Message, reply_to: ReplyTo, asked: Asked, request: Request) -> bytes:
        """The payload of the answer, or of the error in its place."""
        try:
            # A change may take minutes: it has its own bounds, and takes no question's place.
            admitted = self._admitted if _only_asks(type(request)) else contextlib.nullcontext()
            async with admitted:
                reply = await self._reply(asked.topic.address, request)
            took_ms = (time.monotonic() - message.arrived) * 1000
            reply = reply.model_copy(update={"id": reply_to.id, "took_ms": round(took_ms, 2)})
            payload = fit(reply, reply_to.encoding, getattr(request, "max_bytes", None))
        except Exception as error:
            if not isinstance(error, NotFound | Impossible | Invalid):
                log.exception("answering failed", extra={"action": "answer", "op": request.op})
            if isinstance(error, MemoryFault):
                self._trouble(error)
            return self._failed(reply_to, _failure(reply_to, error))
        self._no_trouble()
        self._took_ms.append(took_ms)
        self.counters[f"answered_{request.op}"] += 1
        return payload

    def _trouble(self, fault: MemoryFault) -> None:
        self._no_trouble()
        self._report(Doing.ANSWERING, f"{Doing.ANSWERING}: {fault}")
        self._trouble_ends = asyncio.get_running_loop().call_later(TROUBLE_S, self._no_trouble)

    def _no_trouble(self) -> None:
        if self._trouble_ends is not None:
            self._trouble_ends.cancel()
            self._trouble_ends = None
            self._report(Doing.ANSWERING, None)

    async def _reply(self, address: Address, request: Request) -> Reply:
        """What is answered, and noted in the audit log."""
        scope = scope_of(address)
        if request.verb == topics.MANAGE:
            return await self._manage.answer(scope, address.client, request)
        if isinstance(request, Feedback):
            return await self._rating.rate(scope, address.client, request)
        reply = await self._answers.answer(scope, request)
        self._using.note(scope.tenant, request, reply)
        self._auditing.note(
            deeds.of_reply(
                "recalled",
                reply,
                at=time.time(),
                tenant=scope.tenant,
                client=address.client,
                asked=scope.entity,
            )
        )
        return reply

    async def _fail(self, message: Message, reply_to: ReplyTo, failure: Failure) -> None:
        """Answers with an error; its own deadline may be what is wrong, so only Message Expiry counts."""
        await self._send(reply_to, self._failed(reply_to, failure), deadline(message, None))

    def _failed(self, reply_to: ReplyTo, failure: Failure) -> bytes:
        self.counters[f"failed_{failure.code}"] += 1
        return encode(failure.dump(short=reply_to.encoding is Encoding.MSGPACK), reply_to.encoding)

    async def _send(self, reply_to: ReplyTo, payload: bytes, until: float) -> None:
        """Publishes an answer that the broker drops when its deadline passes before it can be delivered."""
        left_s = until - time.monotonic()
        if left_s <= 0:
            self.counters["deadlines_passed"] += 1
            return
        expiry_s = int(left_s) + 1
        await self._session.publish(
            reply_to.topic, payload, correlation=reply_to.correlation, expiry_s=expiry_s
        )


def _only_asks(kind: type[Request]) -> bool:
    """Whether it is a question; all else has bounds of its own, and is done whole."""
    return kind.verb == topics.QUERY and kind is not Feedback


def _too_fast(reply_to: ReplyTo) -> Failure:
    hint = "ask fewer requests a second; an operator set this limit"
    return Failure(id=reply_to.id, code=429, error="too fast", hint=hint)


def _failure(reply_to: ReplyTo, error: Exception) -> Failure:
    """An error as the asker is told it."""
    decision = decide(error, Doing.ANSWERING)
    if not isinstance(decision, Answer):
        raise error
    return Failure.model_validate(
        {"id": reply_to.id, "code": decision.code, "error": decision.error, "hint": decision.hint}
    )
