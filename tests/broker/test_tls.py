"""TLS on the real Mosquitto: who comes in, who does not, and what they are told."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiomqtt
import pytest

from broker_bridge.authority import KeyPair, client_certificate, new_authority, server_certificate
from broker_bridge.broker import LocalBroker, find_programs
from broker_bridge.broker_config import TlsListener
from broker_bridge.certificate_folder import CertificateFolder
from broker_bridge.codec import Encoding
from broker_bridge.faults import BrokerFault
from broker_bridge.session import Session, SessionOptions, SessionRefused
from broker_bridge.tls import SYSTEM, TlsFault, Trust
from broker_bridge.url import BrokerUrl
from console.clients import to_mosquitto
from edge import AsyncDevice
from edge.client import AsyncClient, NotConnected, connection
from schemas.observation import Observation
from tests.broker.conftest import MEMBROKER, clean_environment, run
from tests.broker.secure import DAYS, NOW, WAIT_S_MAX, Secure, started
from tests.conftest import free_port, mosquitto_program
from workers import stack
from workers.accounts import OPERATOR, OWNER, OWNER_TENANT
from workers.settings import Settings

OWN = f"mem/v1/{OWNER_TENANT}/obs/phone/kitchen"


@pytest.fixture
async def secure(tmp_path: Path) -> AsyncIterator[Secure]:
    """Clients prove themselves by password."""
    found = await started(tmp_path, by_certificate=False)
    yield found
    await found.broker.stop()


@pytest.fixture
async def mutual(tmp_path: Path) -> AsyncIterator[Secure]:
    """Clients prove themselves by certificate."""
    found = await started(tmp_path, by_certificate=True)
    yield found
    await found.broker.stop()


async def by_device(broker: BrokerUrl, trust: Trust) -> str:
    """What a device's client is told that cannot connect."""
    with pytest.raises(NotConnected) as refused:
        async with connection(broker, "device", trust):
            pass
    return str(refused.value)


async def by_service(broker: BrokerUrl, trust: Trust) -> str:
    """The same of a service's session."""
    session = Session(broker, SessionOptions("service", trust=trust))
    async with session, asyncio.timeout(WAIT_S_MAX):
        with pytest.raises(SessionRefused) as refused:
            await session.wait_connected()
    return str(refused.value)


Refusal = Callable[[BrokerUrl, Trust], Awaitable[str]]
both = pytest.mark.parametrize("refusal", [by_device, by_service])


async def heard(broker: BrokerUrl, trust: Trust, client_id: str = "phone") -> bytes:
    """A word that went to the broker and came back."""
    async with connection(broker, client_id, trust) as client, asyncio.timeout(WAIT_S_MAX):
        await client.subscribe(OWN, qos=1)
        await client.publish(OWN, "x", qos=1)
        payload = (await anext(client.messages)).payload
    assert isinstance(payload, bytes)
    return payload


# --- by password --------------------------------------------------------------------------------------------


async def test_a_password_lets_in_over_tls(secure: Secure) -> None:
    assert await heard(secure.url(), secure.trust) == b"x"


async def test_a_wrong_password_does_not(secure: Secure) -> None:
    with pytest.raises(aiomqtt.MqttCodeError, match="Not authorized"):
        async with connection(replace(secure.url(), password="wrong"), "phone", secure.trust):
            pass
    with pytest.raises(aiomqtt.MqttCodeError, match="Not authorized"):
        async with connection(secure.url(None), "phone", secure.trust):
            pass


async def test_this_machine_still_needs_no_tls(secure: Secure) -> None:
    assert await heard(secure.accounts.url(OWNER, "1"), SYSTEM) == b"x"


@both
async def test_a_broker_of_a_foreign_authority_is_not_trusted(secure: Secure, refusal: Refusal) -> None:
    foreign = secure.directory / "foreign.pem"
    foreign.write_text(new_authority(NOW).certificate)
    for trust in (Trust(str(foreign)), SYSTEM):
        said = await refusal(secure.url(), trust)
        assert f"mqtts://127.0.0.1:{secure.listener.port} cannot be reached" in said
        assert "of an authority that we do not trust" in said
        assert "MEMBROKER_BROKER_CA=" in said


@both
async def test_a_broker_whose_certificate_has_expired_is_not_trusted(
    secure: Secure, refusal: Refusal
) -> None:
    await secure.serve(server_certificate(secure.authority, ["127.0.0.1"], NOW - timedelta(days=9), days=5))
    said = await refusal(secure.url(), secure.trust)
    assert "its certificate has expired; renew it there: membroker certs server" in said


@both
async def test_a_broker_whose_certificate_is_not_yet_valid_is_not_trusted(
    secure: Secure, refusal: Refusal
) -> None:
    await secure.serve(server_certificate(secure.authority, ["127.0.0.1"], NOW + timedelta(days=9)))
    said = await refusal(secure.url(), secure.trust)
    assert "its certificate does not hold yet; set this machine's clock" in said


@both
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_broker_of_another_name_is_not_trusted(secure: Secure, refusal: Refusal, host: str) -> None:
    await secure.serve(server_certificate(secure.authority, ["house.example"], NOW))
    said = await refusal(replace(secure.url(), host=host), secure.trust)
    assert "its certificate is for other names than this one" in said
    assert "membroker certs server --host" in said


@both
async def test_a_devices_certificate_cannot_pass_for_the_brokers(secure: Secure, refusal: Refusal) -> None:
    await secure.serve(client_certificate(secure.authority, "127.0.0.1", NOW))
    assert "its certificate does not hold" in await refusal(secure.url(), secure.trust)


@both
async def test_without_tls_at_a_tls_port_the_next_step_is_said(secure: Secure, refusal: Refusal) -> None:
    said = await refusal(replace(secure.url(), tls=False), SYSTEM)
    assert said.startswith(f"mqtt://127.0.0.1:{secure.listener.port} cannot be reached")
    assert "it speaks TLS at this port; use mqtts://" in said


@both
async def test_with_tls_at_a_plain_port_the_next_step_is_said(secure: Secure, refusal: Refusal) -> None:
    said = await refusal(replace(secure.url(), port=secure.accounts.port), secure.trust)
    assert "it broke off the TLS handshake; if it goes on so, that port has no TLS: use mqtt://" in said


@both
async def test_what_answers_in_another_tongue_is_said_to_speak_no_tls(
    tmp_path: Path, refusal: Refusal
) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        said = await refusal(BrokerUrl("127.0.0.1", port, tls=True), SYSTEM)
    assert "it does not speak TLS at this port; use mqtt://" in said


async def test_what_is_older_than_tls_1_2_is_refused(secure: Secure) -> None:
    shake = f"openssl s_client -connect 127.0.0.1:{secure.listener.port} -cipher ALL:@SECLEVEL=0".split()
    codes = {}
    for version in ("-tls1_1", "-tls1_2", "-tls1_3"):
        process = await asyncio.create_subprocess_exec(
            *shake, version, stdin=asyncio.subprocess.DEVNULL, stdout=-3, stderr=-3
        )
        codes[version] = await process.wait()
    assert codes.pop("-tls1_1") != 0
    assert set(codes.values()) == {0}


async def test_a_renewed_certificate_is_shown_at_once_and_nobody_is_cut_off(secure: Secure) -> None:
    before = secure.folder.read(secure.folder.server).serial
    async with connection(secure.url(), "phone", secure.trust) as client, asyncio.timeout(WAIT_S_MAX):
        await client.subscribe(OWN, qos=1)
        secure.folder.renew_server([], NOW, DAYS)
        await secure.reread()
        assert await serial_shown(secure) == secure.folder.read(secure.folder.server).serial != before
        await client.publish(OWN, "still here", qos=1)
        assert (await anext(client.messages)).payload == b"still here"


async def serial_shown(secure: Secure) -> int:
    context = secure.trust.context()
    _, writer = await asyncio.open_connection("127.0.0.1", secure.listener.port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert()["serialNumber"]
    writer.close()
    return int(shown, 16)


# --- by certificate -----------------------------------------------------------------------------------------


async def test_a_certificate_lets_in_without_a_password(mutual: Secure) -> None:
    assert await heard(mutual.url(None), mutual.holding("ana")) == b"x"


async def test_it_has_the_rights_of_its_account_and_no_other(mutual: Secure) -> None:
    async with connection(mutual.url(None), "ana", mutual.holding("ana")) as client:
        for topic in ("mem/v1/other/#", "mem/v1/#", "$CONTROL/dynamic-security/v1/response", "$SYS/#"):
            (reason,) = await client.subscribe(topic, qos=1)
            assert str(reason) == "Not authorized", topic


async def test_a_certificate_without_an_account_may_do_nothing(mutual: Secure) -> None:
    async with connection(mutual.url(None), "stranger", mutual.holding("stranger")) as client:
        (reason,) = await client.subscribe(OWN, qos=1)
        assert str(reason) == "Not authorized"
        async with connection(mutual.accounts.url(OWNER, "1"), "owner") as owner, asyncio.timeout(WAIT_S_MAX):
            await owner.subscribe(OWN, qos=1)
            await client.publish(OWN, "of a stranger", qos=1)
            await owner.publish(OWN, "of the owner", qos=1)
            assert (await anext(owner.messages)).payload == b"of the owner"


async def test_a_certificate_cannot_take_anothers_session(mutual: Secure) -> None:
    async with connection(mutual.url(None), "ana", mutual.holding("ana")) as ana:
        await ana.subscribe(OWN, qos=1)
        async with connection(mutual.url(None), "ana", mutual.holding("bob")) as bob:
            await bob.publish(OWN, "I am ana", qos=1)
        async with asyncio.timeout(WAIT_S_MAX):
            assert (await anext(ana.messages)).payload == b"I am ana", "she is still there to hear it"


async def test_another_accounts_password_does_not_help(mutual: Secure) -> None:
    operator = mutual.url(OPERATOR)
    async with connection(operator, "ana", mutual.holding("ana")) as client:
        (reason,) = await client.subscribe("mem/v1/other/#", qos=1)
    assert str(reason) == "Not authorized"


@both
async def test_without_a_certificate_nobody_comes_in(mutual: Secure, refusal: Refusal) -> None:
    said = await refusal(mutual.url(OPERATOR), mutual.trust)
    assert "it asks for a certificate, and we have none; make one" in said
    assert "membroker certs device NAME" in said


@both
async def test_an_expired_certificate_lets_nobody_in(mutual: Secure, refusal: Refusal) -> None:
    expired = client_certificate(mutual.authority, "ana", NOW - timedelta(days=9), days=5)
    said = await refusal(mutual.url(None), mutual.holding("expired", expired))
    assert "our certificate has expired" in said


@both
async def test_a_foreign_certificate_lets_nobody_in(mutual: Secure, refusal: Refusal) -> None:
    foreign = client_certificate(new_authority(NOW), "ana", NOW)
    said = await refusal(mutual.url(None), mutual.holding("foreign", foreign))
    assert "our certificate is of an authority that it does not trust" in said


@both
async def test_the_brokers_own_certificate_lets_nobody_in(mutual: Secure, refusal: Refusal) -> None:
    server = KeyPair(mutual.folder.server.read_text(), mutual.folder.server.with_suffix(".key").read_text())
    assert "our certificate is not one of a client" in await refusal(
        mutual.url(None), mutual.holding("server", server)
    )


@both
async def test_a_revoked_certificate_lets_nobody_in_and_others_stay(mutual: Secure, refusal: Refusal) -> None:
    ana, bob = mutual.holding("ana"), mutual.holding("bob")
    async with connection(mutual.url(None), "ana", ana) as client, asyncio.timeout(WAIT_S_MAX):
        await client.subscribe(OWN, qos=1)
        assert mutual.folder.revoke("bob", NOW) == 1
        await mutual.reread()
        assert "our certificate has been revoked" in await refusal(mutual.url(None), bob)
        await client.publish(OWN, "still here", qos=1)
        assert (await anext(client.messages)).payload == b"still here"
    assert await heard(mutual.url(None), ana) == b"x"


async def published(broker: BrokerUrl, trust: Trust) -> tuple[int | None, bytes]:
    """By Mosquitto's own client, told where and how as `membroker up` tells it."""
    process = await asyncio.create_subprocess_exec(
        "mosquitto_pub", *to_mosquitto(broker, trust), "-V", "5", "-q", "1", "-t", OWN, "-m", "x",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    return process.returncode, said


async def test_mosquittos_own_clients_come_in_by_password(secure: Secure) -> None:
    assert await published(secure.url(), secure.trust) == (0, b"")


async def test_mosquittos_own_clients_come_in_by_certificate(mutual: Secure) -> None:
    assert await published(mutual.url(None), mutual.holding("ana")) == (0, b"")


async def test_what_mosquitto_says_of_our_configuration_is_no_complaint(mutual: Secure) -> None:
    complaints = [line for line in mutual.log.splitlines() if "Error" in line or "Warning" in line]
    assert [line for line in complaints if "root" not in line] == []


# --- our files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        ({"ca": "gone"}, r"gone cannot be read: No such file .*MEMBROKER_BROKER_CA"),
        ({"ca": "text"}, r"text is not a certificate of the broker's authority, in PEM"),
        ({"certificate": "text", "key": None}, r"text is not a certificate and its key"),
        ({"certificate": "gone", "key": None}, r"gone cannot be read: No such file .*MEMBROKER_BROKER_CERT"),
        ({"key": "other"}, r"ana.pem with \S+other is not a certificate and its key"),
        ({"key": "locked"}, r"ana.pem with \S+locked is not a certificate and its key, without a password"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_setting(
    tmp_path: Path, broken: dict[str, str | None], complaint: str
) -> None:
    folder = CertificateFolder(tmp_path / "certs")
    folder.begin([], NOW, DAYS)
    ana = folder.add_device("ana", NOW, DAYS)
    (tmp_path / "text").write_text("hello")
    (tmp_path / "other").write_text(new_authority(NOW).key)
    (tmp_path / "locked").write_text(LOCKED)
    whole = Trust(str(folder.authority), str(ana), str(ana.with_suffix(".key")))
    assert isinstance(whole.context(), ssl.SSLContext)
    paths = {name: None if file is None else str(tmp_path / file) for name, file in broken.items()}
    with pytest.raises(TlsFault, match=complaint):
        replace(whole, **paths).context()


LOCKED = """-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,2B8A2E3D0F8B0E0B6B2C1A1F3D4E5F60

AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
-----END EC PRIVATE KEY-----
"""


# --- all of it ----------------------------------------------------------------------------------------------


async def test_a_memory_works_over_tls_alone(secure: Secure, model_cache: Path, tmp_path: Path) -> None:
    settings = Settings(
        broker=f"mqtts://127.0.0.1:{secure.listener.port}",
        broker_ca=secure.folder.authority,
        accounts=secure.directory,
        data=tmp_path / "data",
        model_cache=model_cache,
    )
    async with AsyncExitStack() as entered:
        await entered.enter_async_context(stack.running(settings))
        client = AsyncClient(secure.url(), tenant=OWNER_TENANT, client="phone", trust=secure.trust)
        phone = await entered.enter_async_context(client)
        (receipt,) = await phone.observe("kitchen", [Observation(text="the key is in the blue drawer")])
        assert receipt.status == "stored"
        reply = await phone.ask("kitchen", {"text": "where is the key?"}, encoding=Encoding.JSON)
    assert [match["memory"] for match in reply["matches"]] == [receipt.memory]


async def test_a_device_comes_in_by_its_certificate(mutual: Secure, tmp_path: Path) -> None:
    device = AsyncDevice(
        mutual.url(None), tenant=OWNER_TENANT, client="ana", entity="kitchen", folder=tmp_path / "ana",
        trust=mutual.holding("ana"),
    )  # fmt: skip
    async with device, asyncio.timeout(WAIT_S_MAX):
        await device.observe("heard by nobody yet")
        while not device.stats().counts["not_accepted"]:
            await asyncio.sleep(0.01)
        assert "0x10" in (device.stats().trouble or ""), "allowed, and nobody subscribes"


async def test_a_device_says_why_it_is_not_let_in_and_keeps_what_it_observes(
    mutual: Secure, tmp_path: Path
) -> None:
    device = AsyncDevice(
        mutual.url(None), tenant=OWNER_TENANT, client="ana", entity="kitchen", folder=tmp_path / "ana",
        trust=mutual.trust,
    )  # fmt: skip
    async with device, asyncio.timeout(WAIT_S_MAX):
        await device.observe("kept")
        while "certificate" not in (device.stats().trouble or ""):
            await asyncio.sleep(0.01)
        assert device.stats().waiting == 1


async def test_up_listens_with_tls_once_there_are_certificates(model_cache: Path, tmp_path: Path) -> None:
    mosquitto_program()
    settings = Settings(data=tmp_path, port=free_port(), tls_port=free_port(), model_cache=model_cache)
    folder = CertificateFolder(settings.certificates)
    folder.begin([], NOW, DAYS)
    async with stack.running(settings) as running:
        over_tls = replace(running.owner, port=settings.tls_port, tls=True)
        assert await heard(over_tls, Trust(str(folder.authority))) == b"x"


@pytest.mark.parametrize("address", ["127.0.0.1", "192.0.2.1", "no.such.host.invalid"])
async def test_an_address_that_cannot_be_listened_on_is_named(tmp_path: Path, address: str) -> None:
    mosquitto_program()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listener = TlsListener(address, port, tmp_path)
        broker = LocalBroker(find_programs("mosquitto"), tmp_path, free_port(), listener)
        with pytest.raises(
            BrokerFault, match=f"port {port} on {address} cannot be used for TLS: "
        ) as refused:
            await broker.start([])
    assert "MEMBROKER_TLS_PORT=8884 MEMBROKER_LISTEN=" in refused.value.hint
    assert broker.pid is None


async def test_a_certificate_that_cannot_be_read_ends_the_start(tmp_path: Path) -> None:
    mosquitto_program()
    folder = CertificateFolder(tmp_path / "certs")
    folder.begin([], NOW, DAYS)
    folder.server.write_text("half a certificate")
    listener = TlsListener("127.0.0.1", free_port(), folder.path)
    broker = LocalBroker(find_programs("mosquitto"), tmp_path / "broker", free_port(), listener)
    with pytest.raises(BrokerFault, match=f'Unable to load server certificate "{folder.server}"'):
        await broker.start([])


def test_up_refuses_to_listen_beyond_this_machine_without_certificates(tmp_path: Path) -> None:
    mosquitto_program()
    env = clean_environment(data=tmp_path, port=free_port(), tls_port=free_port(), listen="0.0.0.0")
    ended = run([str(MEMBROKER), "up"], env)
    assert (ended.returncode, ended.stdout) == (1, "")
    said = ended.stderr.strip().splitlines()[-1]
    assert said.startswith("membroker: the setting listen is 0.0.0.0")
    assert "server.pem is not there; make certificates: membroker certs init --host NAME" in said
    assert not (tmp_path / "broker").exists(), "nothing was begun"


async def test_the_console_says_in_one_line_why_it_does_not_trust(secure: Secure, tmp_path: Path) -> None:
    url = f"mqtts://{OPERATOR}:{secure.accounts.passwords[OPERATOR]}@127.0.0.1:{secure.listener.port}"
    env = clean_environment(data=tmp_path / "data", broker=url)
    ended = await asyncio.to_thread(run, [str(MEMBROKER), "status"], env)
    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "of an authority that we do not trust; copy the broker's ca.pem here" in ended.stderr
    trusting = env | {"MEMBROKER_BROKER_CA": str(secure.folder.authority)}
    ended = await asyncio.to_thread(run, [str(MEMBROKER), "status"], trusting)
    assert "no service has ever told this broker how it is" in ended.stderr


@pytest.mark.parametrize(
    ("ca", "detail", "step"),
    [
        ("nowhere.pem", "nowhere.pem cannot be read: No such file", "check MEMBROKER_BROKER_CA"),
        ("foreign.pem", "of an authority that we do not trust", "MEMBROKER_BROKER_CA="),
    ],
)
async def test_doctor_finds_why_there_is_no_trust(secure: Secure, ca: str, detail: str, step: str) -> None:
    (secure.directory / "foreign.pem").write_text(new_authority(NOW).certificate)
    url = str(secure.url())
    env = clean_environment(data=secure.directory / "data", broker=url, broker_ca=secure.directory / ca)
    ended = await asyncio.to_thread(run, [str(MEMBROKER), "doctor", "--json"], env)
    [found] = [each for each in json.loads(ended.stdout) if each["what"] == "broker"]
    assert (found["level"], ended.returncode) == ("FAIL", 1)
    assert detail in found["detail"]
    assert step in found["next_step"]


async def test_a_verb_tells_the_running_broker_what_it_changed(mutual: Secure, tmp_path: Path) -> None:
    bob = mutual.holding("bob")
    assert await heard(mutual.url(None), bob) == b"x"
    env = clean_environment(data=tmp_path)
    ended = await asyncio.to_thread(run, [str(MEMBROKER), "certs", "revoke", "bob"], env)
    assert (ended.returncode, ended.stdout) == (0, "revoked 1 of bob\n")
    assert f"the running broker (pid {mutual.broker.pid}) has been told" in ended.stderr
    await mutual.logged("Reloading config", 1)
    assert "has been revoked" in await by_service(mutual.url(None), bob)
