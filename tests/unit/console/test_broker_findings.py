"""Facts in, findings out: what is said of a broker, its version, its limits and its services."""

from dataclasses import replace

import pytest

from console.broker_findings import NEEDED, PACKET_BYTES_MIN, of_broker, of_limits, of_services, of_version
from console.findings import Finding, failed
from console.probing import IN_FLIGHT_ASKED, QUEUED_ASKED, BrokerFacts
from console.status import Seen
from schemas.service import Durability, Health, ServiceStatus

GOOD = BrokerFacts(
    "mqtt://127.0.0.1:1883",
    limits={"ReceiveMaximum": 4096, "MaximumPacketSize": PACKET_BYTES_MIN},
    version="mosquitto version 2.0.11",
    dropped=0,
    in_flight=IN_FLIGHT_ASKED,
    queued=QUEUED_ASKED,
)


def levels(findings: list[Finding]) -> set[str]:
    return {finding.level for finding in findings}


def seen(service: str, status: Health, instance: str = "1", durability: Durability | None = None) -> Seen:
    return Seen(service, instance, ServiceStatus(status=status, durability=durability))


def test_a_broker_away_is_all_there_is_to_say() -> None:
    facts = BrokerFacts("mqtt://x:1", refusal="cannot be reached: Connection refused")
    [finding] = of_broker(facts, "membroker up")
    assert finding.level == "FAIL"
    assert finding.detail == "mqtt://x:1 cannot be reached: Connection refused"
    assert finding.next_step == "membroker up"


def test_a_good_broker_has_only_the_risks_of_its_version() -> None:
    findings = of_broker(GOOD, "membroker up")
    assert [finding.what for finding in findings if finding.level != "ok"] == ["broker"]


def test_denied_rights_fail_and_name_the_account() -> None:
    facts = replace(GOOD, denied=("subscribe $SYS/broker/version: Not authorized",))
    findings = of_broker(facts, "")
    assert failed(findings)
    assert any("operator:" in str(finding.next_step) for finding in findings)


@pytest.mark.parametrize(
    ("version", "level", "said", "unsaid"),
    [
        ("mosquitto version 1.6.12", "FAIL", "no accounts", "autosave"),
        ("mosquitto version 2.0.11", "warn", "exceeds Receive Maximum", "sqlite"),
        ("mosquitto version 2.0.18", "warn", "max_queued_messages 0 has bugs", "exceeds Receive Maximum"),
        ("mosquitto version 2.0.22", "warn", "autosave", "max_queued_messages 0"),
        ("mosquitto version 2.1.2", "warn", "without persist-sqlite", "autosave"),
        ("EMQX 5", "warn", "does not say", "autosave"),
        (None, "warn", "does not say", "autosave"),
    ],
)
def test_each_version_has_its_risks(version: str | None, level: str, said: str, unsaid: str) -> None:
    [finding] = of_version(version)
    assert finding.level == level
    assert said in finding.detail
    assert unsaid not in finding.detail
    assert finding.next_step


def test_limits_that_hurt_nobody_are_ok() -> None:
    assert levels(of_limits(GOOD)) == {"ok"}
    assert levels(of_limits(BrokerFacts("mqtt://x:1"))) == {"ok"}, "what is absent is not limited"


@pytest.mark.parametrize(
    "name",
    ["MaximumQoS", "RetainAvailable", "SharedSubscriptionAvailable", "WildcardSubscriptionAvailable"],
)
def test_a_feature_we_stand_on_missing_fails(name: str) -> None:
    findings = of_limits(replace(GOOD, limits={name: 0}))
    assert levels(findings) == {"FAIL"}


def test_qos_1_suffices() -> None:
    assert levels(of_limits(replace(GOOD, limits={"MaximumQoS": 1}))) == {"ok"}


def test_packets_too_small_for_a_full_batch_warn() -> None:
    [finding] = of_limits(replace(GOOD, limits={"MaximumPacketSize": PACKET_BYTES_MIN - 1}))
    assert finding.level == "warn"
    assert "max_packet_size" in str(finding.next_step)


def test_dropped_messages_warn_and_name_the_setting() -> None:
    [finding] = of_limits(replace(GOOD, dropped=98_600))
    assert finding.level == "warn"
    assert "98600" in finding.detail
    assert "max_queued_messages" in str(finding.next_step)


def test_a_queue_that_would_lose_messages_warns_before_it_does() -> None:
    [finding] = of_limits(replace(GOOD, queued=1000))
    assert finding.level == "warn"
    assert "queues 1000 messages" in finding.detail
    assert "max_queued_messages" in str(finding.next_step)


def test_mosquittos_default_in_flight_warns_and_names_the_setting() -> None:
    [finding] = of_limits(replace(GOOD, in_flight=20))
    assert finding.level == "warn"
    assert "20 messages" in finding.detail
    assert "max_inflight_messages 4096" in str(finding.next_step)


def test_all_online_is_ok() -> None:
    findings = of_services([seen("ingest", "online", durability="power"), seen("query", "online")])
    assert levels(findings) == {"ok"}


@pytest.mark.parametrize("missing", NEEDED)
def test_a_service_that_never_ran_fails_and_is_named(missing: str) -> None:
    others = [seen(service, "online") for service in NEEDED if service != missing]
    assert [f"{missing} has never run" in f.detail for f in of_services(others) if f.level == "FAIL"] == [
        True
    ]


def test_offline_fails_where_nobody_else_serves() -> None:
    findings = of_services([seen("ingest", "offline"), seen("query", "online")])
    assert [finding.detail for finding in findings if finding.level == "FAIL"] == ["ingest/1 is offline"]


def test_one_of_two_offline_warns_because_its_share_waits() -> None:
    services = [seen("ingest", "online"), seen("ingest", "offline", "2"), seen("query", "online")]
    [finding] = [each for each in of_services(services) if each.level != "ok"]
    assert finding.level == "warn"
    assert "its share of messages waits" in finding.detail
    assert "mem/v1/_sys/ingest/2/status" in str(finding.next_step)


def test_a_service_nobody_needs_offline_warns() -> None:
    services = [seen("ingest", "online"), seen("query", "online"), seen("summarizer", "offline")]
    assert [each.level for each in of_services(services)] == ["ok", "ok", "warn"]


@pytest.mark.parametrize("status", ["degraded", "starting"])
def test_half_there_warns_with_its_reason(status: Health) -> None:
    degraded = Seen("ingest", "1", ServiceStatus(status=status, reason="storing: disk full"))
    finding = of_services([degraded, seen("query", "online")])[0]
    assert finding.level == "warn"
    assert "storing: disk full" in finding.detail


def test_receipts_that_a_power_cut_breaks_warn() -> None:
    finding = of_services([seen("ingest", "online", durability="process"), seen("query", "online")])[0]
    assert finding.level == "warn"
    assert "power cut" in finding.detail
