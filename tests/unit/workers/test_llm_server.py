"""workers/llm_server.py, over a real server on loopback"""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from memory.policy_file import Llm
from tests.fake_llm import Answer, FakeLlm, completion, serving
from workers.llm_server import ANSWER_BYTES_MAX, LlmAway, LlmServer, Reply

MESSAGES = [{"role": "system", "content": "condense"}, {"role": "user", "content": "{}"}]
KEY = "sk-not-to-be-seen"


@pytest.fixture
def fake() -> Iterator[FakeLlm]:
    with serving() as made:
        made.answers(completion("{}"))
        yield made


class Asking:
    """Makes servers as policies name them."""

    def __init__(self, fake: FakeLlm) -> None:
        self.url = fake.url
        self.counters: Counter[str] = Counter()

    def server(self, **fields: Any) -> LlmServer:
        llm = Llm.model_validate({"url": self.url, "model": "m", "timeout_s": 30.0} | fields)
        return LlmServer(llm, self.counters)


@pytest.fixture
def asking(fake: FakeLlm) -> Asking:
    return Asking(fake)


async def test_it_asks_for_json_by_the_schema_and_hears_what_it_cost(asking: Asking, fake: FakeLlm) -> None:
    assert await asking.server().ask(MESSAGES) == Reply("{}", 100)
    [request] = fake.requests
    assert request["path"] == "/v1/chat/completions"
    assert (request["model"], request["messages"]) == ("m", MESSAGES)
    assert (request["temperature"], request["max_tokens"]) == (0, 1000)
    assert request["response_format"]["type"] == "json_schema"
    assert request["response_format"]["json_schema"]["strict"] is True
    assert request["reasoning_effort"] == "none"


@pytest.mark.parametrize("status", [400, 422])
async def test_a_server_that_knows_no_schema_is_asked_for_plain_json_and_from_then_on(
    asking: Asking, fake: FakeLlm, status: int
) -> None:
    def plain_alone(request: dict[str, Any]) -> Answer:
        is_plain = request["response_format"] == {"type": "json_object"}
        return completion("{}") if is_plain else Answer(b'{"error": "what is that?"}', status)

    fake.answer = plain_alone
    server = asking.server()
    await server.ask(MESSAGES)
    await server.ask(MESSAGES)
    forms = [each["response_format"]["type"] for each in fake.requests]
    assert forms == ["json_schema", "json_schema", "json_object", "json_object"]
    assert asking.counters["llm_requests"] == 4


async def test_one_that_takes_no_form_is_away(asking: Asking, fake: FakeLlm) -> None:
    fake.answers(Answer(status=400))
    with pytest.raises(LlmAway, match="takes no request for JSON"):
        await asking.server().ask(MESSAGES)


async def test_all_forms_together_have_the_time_of_one_request(asking: Asking, fake: FakeLlm) -> None:
    """Each is refused within it, and the last would come after it."""

    def refused_late(_request: dict[str, Any]) -> Answer:
        fake.closing.wait(0.2)
        return Answer(status=400)

    fake.answer = refused_late
    with pytest.raises(LlmAway, match=r"did not answer in 0\.5 s"):
        await asking.server(timeout_s=0.5).ask(MESSAGES)
    assert len(fake.requests) < 4


@pytest.mark.parametrize("status", [302, 401, 404, 429, 500, 503])
async def test_what_refuses_is_tried_once(asking: Asking, fake: FakeLlm, status: int) -> None:
    fake.answers(Answer(b"no", status, {"Retry-After": "0", "Location": fake.url + "/elsewhere"}))
    with pytest.raises(LlmAway, match=f"HTTP {status}") as away:
        await asking.server().ask(MESSAGES)
    assert (len(fake.requests), away.value.is_spent) == (1, False)


@pytest.mark.parametrize("answer", [None, Answer(drips=True)])
async def test_one_that_never_ends_is_not_waited_for(
    asking: Asking, fake: FakeLlm, answer: Answer | None
) -> None:
    fake.answers(answer)
    with pytest.raises(LlmAway) as away:
        await asking.server(timeout_s=0.1).ask(MESSAGES)
    assert away.value.is_spent


async def test_no_more_is_read_than_an_answer_may_be(asking: Asking, fake: FakeLlm) -> None:
    fake.answers(completion("a" * ANSWER_BYTES_MAX))
    with pytest.raises(LlmAway, match="more than"):
        await asking.server().ask(MESSAGES)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b'{"choices": []}', b'{"choices": [{"message": "hello"}]}', b"\xff"]
)
async def test_what_is_not_the_protocol_is_no_answer(asking: Asking, fake: FakeLlm, body: bytes) -> None:
    fake.answers(Answer(body))
    with pytest.raises(LlmAway, match="does not speak the protocol"):
        await asking.server().ask(MESSAGES)


async def test_a_connection_that_breaks_is_no_answer(asking: Asking, fake: FakeLlm) -> None:
    fake.answers(Answer(b'{"choices', headers={"Content-Length": "1000"}))
    with pytest.raises(LlmAway) as away:
        await asking.server().ask(MESSAGES)
    assert away.value.is_spent


async def test_nobody_at_the_address_costs_nothing() -> None:
    with serving() as gone:
        url = gone.url
    server = LlmServer(Llm(url=url, model="m"), Counter())
    with pytest.raises(LlmAway, match="away") as away:
        await server.ask(MESSAGES)
    assert not away.value.is_spent


@pytest.mark.parametrize(
    "url", ["http://[::1/v1", "http://127.0.0.1:99999/v1", "https:///v1", "http://a..b/v1"]
)
async def test_an_address_that_cannot_be_is_said(url: str) -> None:
    with pytest.raises(LlmAway, match="m at "):
        await LlmServer(Llm(url=url, model="m"), Counter()).ask(MESSAGES)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [(None, None), ({}, None), ({"total_tokens": 0}, None), ({"total_tokens": -5}, None),
     ({"total_tokens": 10**30}, None), ({"total_tokens": 7}, 7)],
)  # fmt: skip
async def test_usage_is_what_the_server_says_if_it_can_be(
    asking: Asking, fake: FakeLlm, usage: Any, tokens: int | None
) -> None:
    fake.answers(completion(None, usage))
    assert await asking.server().ask(MESSAGES) == Reply("", tokens)


async def test_the_key_is_of_the_variable_that_the_policy_names(
    asking: Asking, fake: FakeLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_KEY", f"{KEY}\n")
    await asking.server(key_variable="LLM_KEY").ask(MESSAGES)
    assert fake.headers[-1]["authorization"] == f"Bearer {KEY}"


async def test_no_key_of_another_goes_to_a_server(
    asking: Asking, fake: FakeLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(variable, KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"Authorization: Bearer {KEY}\nX-Of-Another: {KEY}")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    await asking.server().ask(MESSAGES)
    assert KEY not in str(fake.headers)


@pytest.mark.parametrize(
    ("key", "wrong"), [(None, "missing"), (" ", "missing"), ("schl\u00fcssel", "no key")]
)
async def test_a_key_that_cannot_be_is_said_without_it(
    asking: Asking, fake: FakeLlm, monkeypatch: pytest.MonkeyPatch, key: str | None, wrong: str
) -> None:
    if key is not None:
        monkeypatch.setenv("LLM_KEY", key)
    with pytest.raises(LlmAway) as away:
        await asking.server(key_variable="LLM_KEY").ask(MESSAGES)
    assert f"is {wrong}: set LLM_KEY" in str(away.value)
    assert "schl" not in str(away.value)
    assert not fake.requests


async def test_without_the_client_it_says_how_to_install_it(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(LlmAway, match=r"pip install 'membroker\[llm\]'"):
        await asking.server().ask(MESSAGES)
