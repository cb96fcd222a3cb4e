"""One OpenAI-compatible server: asks it for JSON, and reads no more of an answer than one may be.

Over the `openai` client, which is loaded when somebody's policies name a server. It gets no chance to be
clever: it is asked within one time, whatever form it takes, follows nobody elsewhere, and takes a key where
the policies say, and nothing else.
"""

import asyncio
import importlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, ValidationError

from memory.policy_file import Llm
from workers.llm_words import ANSWER_TOKENS_MAX, SCHEMA

if TYPE_CHECKING:
    from openai import AsyncOpenAI

ANSWER_BYTES_MAX = 256 * 1024
"""A hundred times an answer, for what a server says beside it."""
TOKENS_MAX = 10_000_000
"""Of one request; who says more does not know."""
CONNECT_S_MAX = 5.0
"""What does not take a connection by then is away."""
INSTALL = "pip install 'membroker[llm]'"

_BY_SCHEMA = {"type": "json_schema", "json_schema": {"name": "gist", "strict": True, "schema": SCHEMA}}
_PLAIN = {"temperature": 0, "max_tokens": ANSWER_TOKENS_MAX}
_FORMS: tuple[Mapping[str, Any], ...] = (
    # Ollama's models think by default, and spend all of the answer on it.
    {**_PLAIN, "response_format": _BY_SCHEMA, "reasoning_effort": "none"},
    {**_PLAIN, "response_format": _BY_SCHEMA},
    {**_PLAIN, "response_format": {"type": "json_object"}},
    # OpenAI's own thinking models know neither `temperature` nor `max_tokens`.
    {"max_completion_tokens": ANSWER_TOKENS_MAX, "response_format": _BY_SCHEMA},
)
"""How one may ask; a server that refuses one is asked in the next. The first that it takes is kept."""
_REFUSES_FORM = frozenset({400, 422})


class LlmAway(Exception):
    """There was no answer; says which server and why, or what to do; never what was asked, or a key."""

    def __init__(self, message: str, *, is_spent: bool = False) -> None:
        super().__init__(message)
        self.is_spent = is_spent
        """Whether the server may have worked on it, and so spent tokens."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered, and how many tokens that took in all; None: the server did not say."""

    content: str
    tokens: int | None


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message


class _Usage(BaseModel):
    total_tokens: int | None = None


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class LlmServer:
    """A server as one policy names it."""

    def __init__(self, llm: Llm, counters: Counter[str]) -> None:
        self._llm = llm
        self._counters = counters
        self._form = 0
        self._client: AsyncOpenAI | None = None
        self.name = f"{llm.model} at {llm.url.split('/')[2]}"

    async def ask(self, messages: Sequence[Mapping[str, str]]) -> Reply:
        """Within the policy's `timeout_s`, all forms together; loading the client, once, is before. Raises
        LlmAway.
        """
        try:
            return await self._asked(messages)
        except LlmAway:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a client does, the summary is there without it
            raise LlmAway(f"{self.name} cannot be asked ({type(error).__name__})", is_spent=True) from None

    async def _asked(self, messages: Sequence[Mapping[str, str]]) -> Reply:
        if self._client is None:
            self._client = await asyncio.to_thread(self._connected)
        try:
            async with asyncio.timeout(self._llm.timeout_s):
                return _read(await self._answered(self._client, messages), self.name)
        except TimeoutError:
            raise LlmAway(f"{self.name} did not answer in {self._llm.timeout_s:g} s", is_spent=True) from None

    async def _answered(self, client: "AsyncOpenAI", messages: Sequence[Mapping[str, str]]) -> bytes:
        """The body of an answer, to the first form that the server takes."""
        for form in range(self._form, len(_FORMS)):
            content = await self._sent(client, messages, _FORMS[form])
            if content is not None:
                self._form = form
                return content
        raise LlmAway(f"{self.name} takes no request for JSON")

    def _connected(self) -> "AsyncOpenAI":
        """In a thread: loading it takes half a second, and the system's certificates another moment."""
        try:
            openai = importlib.import_module("openai")
        except ImportError:
            raise LlmAway(f"the client for language models is not installed: {INSTALL}") from None
        limits = importlib.import_module("httpx2").Limits(max_keepalive_connections=0)
        # No redirect takes texts elsewhere, no proxy of the environment sees them; and no connection stays
        # open between two requests, which are minutes apart: there is nothing to close in the end.
        http_client = openai.DefaultAsyncHttpxClient(follow_redirects=False, trust_env=False, limits=limits)
        client: AsyncOpenAI = openai.AsyncOpenAI(
            base_url=self._llm.url, api_key=self._key(), max_retries=0, http_client=http_client
        )
        # It takes these from the environment by itself, for whichever server; headers have no other way out.
        client.organization = client.project = client.admin_api_key = None
        client._custom_headers = {}  # noqa: SLF001
        return client

    def _key(self) -> str:
        variable = self._llm.key_variable
        if variable is None:
            return "none"
        key = os.environ.get(variable, "").strip()
        # Of another letter the client's error would tell the whole key.
        if not (key and key.isascii() and key.isprintable()):
            wrong = "missing" if not key else "no key"
            raise LlmAway(f"the key of {self.name} is {wrong}: set {variable} where the memory is started")
        return key

    async def _sent(
        self, client: "AsyncOpenAI", messages: Sequence[Mapping[str, str]], form: Mapping[str, Any]
    ) -> bytes | None:
        """The body of an answer; None: the server knows no such form."""
        openai, httpx = importlib.import_module("openai"), importlib.import_module("httpx2")
        timeout = openai.Timeout(self._llm.timeout_s, connect=min(CONNECT_S_MAX, self._llm.timeout_s))
        self._counters["llm_requests"] += 1
        body: dict[str, Any] = {"model": self._llm.model, "messages": list(messages), **form}
        try:
            async with client.chat.completions.with_streaming_response.create(
                **body, timeout=timeout, extra_headers={"Accept-Encoding": "identity"}
            ) as response:
                content = bytearray()
                async for piece in response.iter_bytes():
                    content += piece
                    if len(content) > ANSWER_BYTES_MAX:
                        raise LlmAway(
                            f"{self.name} answered more than {ANSWER_BYTES_MAX} bytes", is_spent=True
                        )
                return bytes(content)
        except openai.APIStatusError as error:
            if error.status_code in _REFUSES_FORM:
                return None
            raise LlmAway(f"{self.name} refused with HTTP {error.status_code}") from None
        except (openai.APIConnectionError, httpx.HTTPError) as error:
            cause = error.__cause__ or error
            never_began = isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout)
            raise LlmAway(f"{self.name} is away ({type(cause).__name__})", is_spent=not never_began) from None


def _read(content: bytes, name: str) -> Reply:
    try:
        completion = _Completion.model_validate_json(content)
    except ValidationError:
        raise LlmAway(f"{name} does not speak the protocol", is_spent=True) from None
    tokens = completion.usage.total_tokens if completion.usage else None
    is_told = tokens is not None and 0 < tokens <= TOKENS_MAX
    return Reply(completion.choices[0].message.content or "", tokens if is_told else None)
