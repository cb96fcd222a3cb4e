"""compose.yaml, Dockerfile and mosquitto/mosquitto.conf, as far as they can be held without an engine."""

import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema.validators import validator_for

from broker_bridge import broker_config
from console.main import VERBS
from console.status import Seen, plain
from schemas.service import ServiceStatus
from workers.accounts import NAMES, OPERATOR, LocalAccounts
from workers.settings import CONFIG_VARIABLE, Settings

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "compose.yaml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
STACK: dict[str, Any] = yaml.safe_load(COMPOSE)
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
BASES: list[str] = re.findall(r"(?m)^FROM (\S+)", DOCKERFILE)
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
EVERY_SERVICE = pytest.mark.parametrize("name", SERVICES)
PINNED = re.compile(r"^[a-z0-9./-]+:v?\d+\.\d+\.\d+(-[a-z0-9.-]+)?(@sha256:[0-9a-f]{64})?$")
"""A name with a whole version; a digest may follow."""


def test_compose_is_what_the_compose_specification_says() -> None:
    vendored = files("check_jsonschema.builtin_schemas.vendor") / "compose-spec.json"
    schema = json.loads(vendored.read_text())
    assert list(validator_for(schema)(schema).iter_errors(STACK)) == []


def test_every_variable_of_ours_is_one_that_is_read() -> None:
    used = set(re.findall(r"\bMEMBROKER_[A-Z_]+", COMPOSE + DOCKERFILE))
    assert used - {CONFIG_VARIABLE} <= {f"MEMBROKER_{name.upper()}" for name in Settings.model_fields}


def test_no_port_is_published_beyond_this_machine() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:${MEMBROKER_PORT:-11883}:1883"]
    assert Settings.model_fields["port"].default == 11883
    assert not any(service.get("network_mode") == "host" for service in SERVICES.values())


@pytest.mark.parametrize(
    "image",
    [*(service["image"] for service in SERVICES.values()), *re.findall(r"(?m)^FROM (\S+)", DOCKERFILE)],
)
def test_images_are_pinned_to_a_whole_version(image: str) -> None:
    assert PINNED.fullmatch(image)


def test_our_image_has_our_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {service["image"] for service in OURS.values()} == {f"membroker:{version}"}
    assert f'org.opencontainers.image.version="{version}"' in DOCKERFILE


def test_both_stages_stand_on_one_base() -> None:
    assert len(BASES) == 2
    assert BASES[0] == BASES[1]


@EVERY_SERVICE
def test_no_service_runs_as_root(name: str) -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", SERVICES[name]["user"])


def test_our_image_runs_as_the_user_that_compose_names() -> None:
    (user,) = re.findall(r"(?m)^USER (\S+)", DOCKERFILE)
    # The accounts are readable for their owner alone, and Mosquitto must rewrite its own.
    assert {service["user"] for service in [*OURS.values(), SERVICES["mosquitto"]]} == {user}


@EVERY_SERVICE
def test_every_service_is_hardened(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@EVERY_SERVICE
def test_what_serves_comes_back_and_can_be_asked_how_it_is(name: str) -> None:
    service = SERVICES[name]
    serves = name not in {"accounts", "membroker"}
    assert service["restart"] == ("unless-stopped" if serves else "no")
    assert ("healthcheck" in service) is serves
    assert ("deploy" in service) is serves


def test_every_volume_is_used_and_no_other() -> None:
    sources = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert {source for source in sources if not source.startswith(".")} == set(STACK["volumes"])
    assert {source for source in sources if source.startswith(".")} == {"./mosquitto/mosquitto.conf"}


def test_only_broker_and_init_may_write_accounts() -> None:
    mounts = {
        name: [volume for volume in service.get("volumes", []) if volume.startswith("accounts:")]
        for name, service in SERVICES.items()
    }
    writers = {name for name, mounted in mounts.items() if mounted and not mounted[0].endswith(":ro")}
    assert writers == {"accounts", "mosquitto"}


def test_nobody_but_the_services_reaches_the_store() -> None:
    assert SERVICES["qdrant"]["networks"] == ["store"]
    assert STACK["networks"]["store"]["internal"] is True
    assert "store" not in SERVICES["mosquitto"]["networks"]


@pytest.mark.parametrize(
    ("name", "user"), [("ingest", "ingest"), ("query", "query"), ("membroker", OPERATOR)]
)
def test_each_of_ours_has_an_account_of_its_own_and_no_secret_in_the_file(name: str, user: str) -> None:
    environment = OURS[name]["environment"]
    assert environment["MEMBROKER_BROKER"] == f"mqtt://{user}@mosquitto:1883"
    accounts = LocalAccounts(dict.fromkeys(NAMES, "x"), 1883)
    assert user in {account.username for account in accounts.all("1")}
    assert f"accounts:{environment['MEMBROKER_ACCOUNTS']}:ro" in OURS[name]["volumes"]


@pytest.mark.parametrize("name", ["ingest", "query"])
def test_a_worker_is_healthy_while_it_says_that_it_is_online(name: str) -> None:
    kind, command = SERVICES[name]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    (wanted,) = re.findall(r"grep -q '(.+)'$", command)
    assert wanted in json.dumps(plain(Seen(name, "1", ServiceStatus(status="online"))))
    assert wanted not in json.dumps(plain(Seen(name, "1", ServiceStatus(status="offline"))))


def test_rights_are_changed_from_the_operators_console() -> None:
    """It reads the accounts, and speaks as the one that may, whoever its broker's URL names."""
    [example] = re.findall(r"docker compose run --rm membroker (access add .*)", COMPOSE)
    assert example.startswith("access add sensor-1@home --kind device")
    assert "accounts:/accounts:ro" in OURS["membroker"]["volumes"]
    assert "broker" in OURS["membroker"]["networks"]


def test_every_command_is_a_verb() -> None:
    assert {service["command"][0] for service in OURS.values() if "command" in service} <= set(VERBS)
    assert "membroker accounts" in OURS["accounts"]["entrypoint"][-1]


def test_services_wait_for_what_they_need() -> None:
    for name in ("ingest", "query"):
        needs = {each: how["condition"] for each, how in SERVICES[name]["depends_on"].items()}
        assert needs == {
            "accounts": "service_completed_successfully",
            "mosquitto": "service_healthy",
            "qdrant": "service_healthy",
        }
    assert list(SERVICES["mosquitto"]["depends_on"]) == ["accounts"]


@pytest.mark.parametrize("name", ["ingest", "query"])
def test_a_worker_has_time_to_drain(name: str) -> None:
    grace = int(SERVICES[name]["stop_grace_period"].removesuffix("s"))
    assert grace > Settings.model_fields["drain_s_max"].default


def test_the_broker_reads_the_configuration_that_we_make() -> None:
    assert (ROOT / "mosquitto" / "mosquitto.conf").read_text() == broker_config.container()
    assert (
        "./mosquitto/mosquitto.conf:/mosquitto/config/mosquitto.conf:ro" in SERVICES["mosquitto"]["volumes"]
    )


@pytest.mark.parametrize(
    ("setting", "volume"), [("persistence_location", "broker"), ("plugin_opt_config_file", "accounts")]
)
def test_what_the_broker_writes_is_on_a_volume(setting: str, volume: str) -> None:
    (path,) = re.findall(rf"(?m)^{setting} (\S+)$", broker_config.container())
    mounts = dict(each.split(":")[:2] for each in SERVICES["mosquitto"]["volumes"])
    assert path.startswith(f"{mounts[volume]}/")


def test_snapshots_are_not_asked_of_a_broker_that_keeps_a_database() -> None:
    # 2.1 refuses to start with both.
    settings = {line.setting for line in broker_config.SNAPSHOTS}
    lines = set(broker_config.container().splitlines())
    assert not settings & lines
    assert "global_plugin /usr/lib/mosquitto_persist_sqlite.so" in lines


def test_all_that_the_build_copies_is_let_in() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert let_in == {"pyproject.toml", "requirements.lock", project["project"]["readme"], *packages}
