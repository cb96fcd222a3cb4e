"""workers/settings.py, and membroker.example.toml, which shows it."""

import json
import re
import tomllib
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from broker_bridge.tls import SYSTEM, Trust
from broker_bridge.url import BrokerUrl
from memory.ranking import Weights
from workers import accounts
from workers.settings import Settings

EXAMPLE = Path(__file__).parents[3] / "membroker.example.toml"
SETTING = re.compile(r"^#(?=[\w.]+ = )", re.MULTILINE)
"""A setting that is commented out; a comment in words has a blank after its #."""

PASSWORD = "hunter2-in-secret"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to start in, and nothing set."""
    for name in [*Settings.model_fields, "config"]:
        monkeypatch.delenv(f"MEMBROKER_{name.upper()}", raising=False)
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown() -> dict[str, object]:
    """What the example shows, once its settings are no comments any more."""
    return tomllib.loads(SETTING.sub("", EXAMPLE.read_text()))


def test_the_example_shows_every_setting_and_no_other() -> None:
    assert sorted(shown()) == sorted(Settings.model_fields)


def test_the_example_shows_every_weight_of_ranking_with_its_reason() -> None:
    assert shown()["ranking"] == {each.name: each.default for each in fields(Weights)}


def test_a_weight_is_set_by_a_variable_or_in_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEMBROKER_RANKING__DENSE", "0.8")
    assert Settings().ranking == Weights(dense=0.8)
    monkeypatch.delenv("MEMBROKER_RANKING__DENSE")
    (folder / "membroker.toml").write_text("ranking.fade = 0.9\n")
    assert Settings().ranking == Weights(fade=0.9)


@pytest.mark.parametrize(("weight", "value"), [("dense", "1.1"), ("answer", "-1"), ("denes", "0.5")])
def test_a_weight_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch, weight: str, value: str) -> None:
    monkeypatch.setenv(f"MEMBROKER_RANKING__{weight.upper()}", value)
    with pytest.raises(ValidationError, match=weight):
        Settings()


def test_the_example_as_it_is_sets_nothing() -> None:
    assert tomllib.loads(EXAMPLE.read_text()) == {}


def test_the_example_uncommented_is_the_defaults(folder: Path) -> None:
    defaults = Settings()
    # A default of none cannot be written in TOML: for those the example shows one that could be.
    nones = [name for name in Settings.model_fields if getattr(defaults, name) is None]
    kept = {"ingest": PASSWORD}
    directory = folder / "accounts"
    directory.mkdir()
    (directory / "accounts.json").write_text(json.dumps(kept))
    text = SETTING.sub("", EXAMPLE.read_text()).replace("/etc/membroker/accounts", str(directory))
    (folder / "membroker.toml").write_text(text)
    loaded = Settings()
    assert {n: getattr(loaded, n) for n in Settings.model_fields if n not in nones} == {
        n: getattr(defaults, n) for n in Settings.model_fields if n not in nones
    }
    assert all(getattr(loaded, name) is not None for name in nones)
    tls = ["broker_ca", "broker_cert", "broker_key", "certs"]
    limits = ["messages_per_s_max", "requests_per_s_max"]
    assert nones == ["accounts", "broker", *tls, "store_api_key", *limits, "policies"]


def test_every_setting_of_the_example_has_words_before_it() -> None:
    lines = EXAMPLE.read_text().splitlines()
    for before, line in pairwise(lines):
        if SETTING.match(line):
            assert before.startswith("# "), line


def test_arguments_have_precedence_over_the_environment_and_that_over_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "membroker.toml").write_text("port = 1001\nembed_threads = 3\nqueries_at_once = 4\n")
    monkeypatch.setenv("MEMBROKER_PORT", "1002")
    monkeypatch.setenv("MEMBROKER_EMBED_THREADS", "5")
    settings = Settings(port=1003)
    assert (settings.port, settings.embed_threads, settings.queries_at_once) == (1003, 5, 4)


def test_another_file_is_named_by_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "membroker.toml").write_text("port = 1001\n")
    (folder / "other.toml").write_text("embed_threads = 3\n")
    monkeypatch.setenv("MEMBROKER_CONFIG", str(folder / "other.toml"))
    assert (Settings().port, Settings().embed_threads) == (11883, 3)


def test_a_path_may_begin_with_the_home_folder(folder: Path) -> None:
    assert Settings(data=Path("~/memories")).data == folder / "home" / "memories"


def test_data_and_models_are_where_the_desktop_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data-of-mine")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache-of-mine")
    settings = Settings()
    assert settings.data == Path("/data-of-mine/membroker")
    assert settings.model_cache == Path("/cache-of-mine/membroker/models")


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("port", "0", "greater than or equal to 1"),
        ("broker", "http://host", "must be like mqtt://"),
        ("broker", "mqtt://", "must be like mqtt://"),
        ("broker_key", "/house.key", "set broker_cert, too"),
        ("listen", "", "at least 1 character"),
        ("listen", "0.0.0.0 # all", "should match pattern"),
        ("tls_port", "65536", "less than or equal to 65535"),
        ("tls_clients", "nobody", "'password' or 'certificate'"),
        ("store", "qdrant:6333", "must be `edge` or the http"),
        ("durability", "none", "'power' or 'process'"),
        ("flush_wait_ms_max", "1001", "less than or equal to 1000"),
        ("instance", "my kitchen", "should match pattern"),
        ("time_zone", "Europe/Atlantis", "no time zone 'Europe/Atlantis'; use an IANA name"),
        ("time_zone", "", "no time zone ''"),
        ("stats_every_s", "0", "greater than 0"),
        ("log_format", "yaml", "'text' or 'json'"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_setting(
    name: str, value: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"MEMBROKER_{name.upper()}", value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    (error,) = refused.value.errors()
    assert error["loc"] == (name,)
    assert complaint in error["msg"]


def test_a_misspelt_setting_is_refused_by_its_name(folder: Path) -> None:
    (folder / "membroker.toml").write_text("prot = 1883\n")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert refused.value.errors()[0]["loc"] == ("prot",)


def test_trust_is_the_files_that_are_named(folder: Path) -> None:
    assert Settings().trust == SYSTEM
    named = Settings(broker_ca=Path("~/ca.pem"), broker_cert=Path("/me.pem"), broker_key=Path("/me.key"))
    assert named.trust == Trust(str(folder / "home" / "ca.pem"), "/me.pem", "/me.key")


def test_certificates_are_below_the_data_unless_they_are_elsewhere() -> None:
    assert Settings(data=Path("/d")).certificates == Path("/d/certs")
    assert Settings(data=Path("/d"), certs=Path("/c")).certificates == Path("/c")


def test_settings_never_show_a_password() -> None:
    settings = Settings(broker=f"mqtt://me:{PASSWORD}@house", store_api_key=PASSWORD)
    url = BrokerUrl.parse(settings.broker or "")
    assert url.password == PASSWORD
    for text in (repr(settings), str(settings), repr(url), str(url)):
        assert PASSWORD not in text


def test_a_refusal_never_shows_a_password() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(broker=f"mqtt//me:{PASSWORD}@house")
    assert PASSWORD not in str(refused.value)
    assert PASSWORD not in refused.value.errors()[0]["msg"]


def test_the_brokers_user_takes_its_password_from_the_accounts(folder: Path) -> None:
    made = accounts.load_or_make(folder / "accounts", 1883)
    settings = Settings(broker="mqtts://ingest@house:8884", accounts=folder / "accounts")
    assert settings.broker is not None
    assert BrokerUrl.parse(settings.broker) == BrokerUrl(
        "house", 8884, "ingest", made.passwords["ingest"], tls=True
    )
    assert made.passwords["ingest"] not in repr(settings)


def test_a_password_that_a_url_must_quote_is_taken_whole(folder: Path) -> None:
    (folder / "accounts.json").write_text(json.dumps({"me@home": "a/b:c@d"}))
    settings = Settings(broker="mqtt://me%40home@house", accounts=folder)
    assert BrokerUrl.parse(settings.broker or "") == BrokerUrl("house", 1883, "me@home", "a/b:c@d")


def test_a_password_in_the_url_is_used_before_the_accounts(folder: Path) -> None:
    settings = Settings(broker=f"mqtt://ingest:{PASSWORD}@house", accounts=folder / "nowhere")
    assert BrokerUrl.parse(settings.broker or "").password == PASSWORD


@pytest.mark.parametrize(
    ("url", "content", "complaint"),
    [
        ("mqtt://guest@house", '{"ingest": "x", "owner": "y"}', "no account 'guest', but ingest, owner"),
        ("mqtt://ingest@house", "{", "cannot be read"),
        ("mqtt://ingest@house", None, "run membroker accounts"),
    ],
)
def test_an_account_that_cannot_be_had_says_why(
    url: str, content: str | None, complaint: str, folder: Path
) -> None:
    if content is not None:
        (folder / "accounts.json").write_text(content)
    with pytest.raises(ValidationError) as refused:
        Settings(broker=url, accounts=folder)
    (error,) = refused.value.errors()
    assert error["loc"] == ("broker",)
    assert complaint in error["msg"]
    assert str(folder) in error["msg"]
