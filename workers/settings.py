"""Everything that can be set: `MEMBROKER_*` variables over a config file over these defaults.

`membroker.example.toml` shows each with its comment; a test holds the two together.
"""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from broker_bridge.tls import Trust
from broker_bridge.url import BrokerUrl
from memory.portions import Pace
from memory.ranking import Weights
from memory.records import ENGLISH, Language
from memory.time_zones import UTC_NAME, zone
from schemas.service import Durability

CONFIG_VARIABLE = "MEMBROKER_CONFIG"
"""Names the config file; default: `membroker.toml` in the current folder."""
CLIENT_ID_SUFFIX = "client_id_suffix"
"""What accounts.json holds besides passwords."""
EDGE = "edge"
"""The setting of `store` that means: embedded, below `data`."""


def _below(variable: str, default: str) -> Path:
    """Our folder in one of the user's XDG base directories."""
    return Path(os.environ.get(variable) or Path.home() / default) / "membroker"


class ConfigFault(Exception):
    """The settings cannot be read; says which, and where they are described."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}; membroker.example.toml describes them all")


def _ours() -> list[str]:
    """The environment's variables that are meant for us."""
    return [name for name in os.environ if name.startswith("MEMBROKER_") and name != CONFIG_VARIABLE]


class Settings(BaseSettings):
    """The settings of every service and command."""

    model_config = SettingsConfigDict(
        env_prefix="MEMBROKER_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    data: Path = Field(default_factory=lambda: _below("XDG_DATA_HOME", ".local/share"))
    accounts: Path | None = Field(None, description="where `membroker accounts` wrote passwords for `broker`")
    broker: str | None = Field(
        None, repr=False, description="a running broker's URL; default: start Mosquitto"
    )
    broker_ca: Path | None = Field(None, description="CA certificate for mqtts://")
    broker_cert: Path | None = Field(None, description="ours, where the broker asks for one")
    broker_key: Path | None = Field(None, description="of our certificate")
    port: int = Field(11883, ge=1, le=65535, description="where our own Mosquitto listens, on loopback")
    listen: str = Field("127.0.0.1", min_length=1, max_length=255, pattern=r"^\S+$")
    tls_port: int = Field(8883, ge=1, le=65535, description="of `listen`, once there are certificates")
    tls_clients: Literal["password", "certificate"] = "password"
    certs: Path | None = Field(None, description="the certificates' folder; default: `certs` below `data`")
    mosquitto: str = Field("mosquitto", description="the broker's program: a name on PATH, or a path")

    store: str = Field(EDGE, description="`edge` (embedded) or the URL of a Qdrant server")
    store_api_key: str | None = Field(None, repr=False)
    collection: str = Field("memories", description="on a Qdrant server")
    standby: bool = Field(False, description="`up` waits for a store that another process has")

    model: str = Field("sentence-transformers/all-MiniLM-L6-v2", description="any fastembed model")
    model_cache: Path = Field(default_factory=lambda: _below("XDG_CACHE_HOME", ".cache") / "models")
    embed_threads: int = Field(2, ge=1, le=64, description="of ingest; one while queries are being asked")
    embed_cache_texts_max: int = Field(10_000, ge=1, description="1.6 KB each")
    language: Language = Field(ENGLISH, description="of the memories: its stop words and word endings")

    durability: Durability = "power"
    flush_wait_ms_max: int = Field(500, ge=0, le=1000)
    flush_observations_max: int = Field(
        16_384, ge=1, description="half a second of repeats: more of them share one note in their memory"
    )
    inbox_messages_max: int = Field(2048, ge=1)
    inbox_bytes_max: int = Field(8 * 1024 * 1024, ge=1024)
    batch_messages_max: int = Field(256, ge=1)
    batch_bytes_max: int = Field(128 * 1024, ge=1024)
    batch_wait_ms_max: int = Field(5, ge=0)
    receive_max: int = Field(4096, ge=1, le=65535, description="messages under way to us")
    deadletter_bytes_max: int = Field(64 * 1024 * 1024, ge=1024, description="of the file; two are kept")

    messages_per_s_max: float | None = Field(
        None, gt=0, description="observation messages of one client; past it they are refused"
    )
    requests_per_s_max: float | None = Field(
        None, gt=0, description="of one client; past it they are answered 429"
    )
    memories_per_entity_max: int = Field(1_000_000, ge=1, description="past it new ones are refused")

    resend_days: float = Field(
        7.0, gt=0, description="how long a resend of an observation that was merged is known as one"
    )
    ledger_bytes_max: int = Field(
        1_073_741_824, ge=1_048_576, description="of the ledger, by which it is known; past it for less"
    )

    audit_days: float = Field(365.0, gt=0, description="how long the audit log keeps what was done")
    audit_bytes_max: int = Field(
        268_435_456, ge=1_048_576, description="of the audit log; past it the oldest go sooner"
    )
    erase_every_s: float = Field(
        300.0, gt=0, description="how often what was forgotten is taken off the disk, where there is any"
    )

    condensing: Pace = Pace()
    condense_every_s: float = Field(30.0, gt=0, description="between two looks at what is to be condensed")
    condense_share: float = Field(0.1, gt=0, le=1, description="of the time, that the summarizer works")
    digest_wait_s: float = Field(5.0, gt=0, description="from a change of an entity to its digest")
    time_zone: str = Field(UTC_NAME, description="of the households; a request may name another")
    policies: Path | None = Field(None, description="what is kept how long: a YAML file, followed live")
    retention_every_s: float = Field(
        300.0, gt=0, description="how often what is kept no longer is looked for and removed"
    )

    queries_at_once: int = Field(8, ge=1, le=256)

    ranking: Weights = Weights()

    instance: str = Field("1", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")
    stats_every_s: float = Field(10.0, gt=0)
    drain_s_max: float = Field(10.0, gt=0, description="after the first signal")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"

    @field_validator(
        "data", "accounts", "broker_ca", "broker_cert", "broker_key", "certs", "model_cache", "policies"
    )
    @classmethod
    def _of_home(cls, path: Path | None) -> Path | None:
        return None if path is None else path.expanduser()

    @field_validator("broker")
    @classmethod
    def _is_broker_url(cls, broker: str | None, others: ValidationInfo) -> str | None:
        if broker is None:
            return None
        url = BrokerUrl.parse(broker)
        accounts = others.data.get("accounts")
        if accounts is None or url.password is not None or url.username is None:
            return broker
        return _with_password(url, url.username, accounts / "accounts.json")

    @field_validator("broker_key")
    @classmethod
    def _is_of_a_certificate(cls, key: Path | None, others: ValidationInfo) -> Path | None:
        if key is not None and others.data.get("broker_cert") is None:
            raise ValueError("is the key of no certificate: set broker_cert, too")
        return key

    @field_validator("store")
    @classmethod
    def _is_store(cls, store: str) -> str:
        if store != EDGE and not store.startswith(("http://", "https://")):
            raise ValueError("must be `edge` or the http(s) URL of a Qdrant server")
        return store

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        return zone(name).key

    @property
    def trust(self) -> Trust:
        """Whom we trust and who we are where the broker is an mqtts:// one."""
        files = (self.broker_ca, self.broker_cert, self.broker_key)
        return Trust(*(None if file is None else str(file) for file in files))

    @property
    def certificates(self) -> Path:
        """The folder of our own broker's certificates."""
        return self.certs or self.data / "certs"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order of precedence: arguments, environment, file."""
        del dotenv_settings, file_secret_settings
        named = os.environ.get(CONFIG_VARIABLE)
        if named is not None and not Path(named).is_file():
            raise ConfigFault(f"{CONFIG_VARIABLE} names {named}, which is no file")
        misspelt = [
            name
            for name in _ours()
            if name.removeprefix("MEMBROKER_").lower().partition("__")[0] not in cls.model_fields
        ]
        if misspelt:
            raise ConfigFault(f"{misspelt[0]} is no setting")
        file = Path(named or "membroker.toml")
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)


def _with_password(broker: BrokerUrl, username: str, file: Path) -> str:
    """The broker's URL with the password that its user has in the file of accounts."""
    try:
        passwords = dict(json.loads(file.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"{file} cannot be read: {error}; run membroker accounts {file.parent}") from None
    passwords.pop(CLIENT_ID_SUFFIX, None)
    if username not in passwords:
        raise ValueError(f"{file} has no account {username!r}, but {', '.join(passwords)}")
    return replace(broker, password=passwords[username]).spelled()
