"""Facts in, findings out: what is said of TLS."""

import pytest

from console.findings import failed, ok
from console.tls_findings import TlsFacts, of_tls
from workers.listening import EXPIRY_DAYS_MIN

FILE = "/data/certs/server.pem"


def expiring(days: int) -> TlsFacts:
    return TlsFacts(is_ours=False, days_left={FILE: days}, renew={FILE: "membroker certs server"})


def test_our_own_broker_on_loopback_is_ok() -> None:
    assert of_tls(TlsFacts()) == [ok("tls", "our own broker listens on this machine alone, without TLS")]


def test_where_others_come_in_is_said() -> None:
    [finding] = of_tls(TlsFacts(listener="listens with TLS on 0.0.0.0:8883"))
    assert finding == ok("tls", "our own broker listens with TLS on 0.0.0.0:8883")


def test_a_way_in_that_would_not_be_safe_fails_and_nothing_else_is_said() -> None:
    [finding] = of_tls(TlsFacts(fault=("listen is 0.0.0.0, and server.pem is not there", "make it")))
    assert (finding.level, finding.next_step) == ("FAIL", "make it")


@pytest.mark.parametrize(
    ("days", "level"), [(EXPIRY_DAYS_MIN, "ok"), (EXPIRY_DAYS_MIN - 1, "warn"), (0, "warn"), (-1, "FAIL")]
)
def test_a_certificate_warns_a_month_before_it_expires(days: int, level: str) -> None:
    [finding] = of_tls(expiring(days))
    assert finding.level == level
    assert FILE in finding.detail
    assert finding.next_step == (None if level == "ok" else "membroker certs server")


def test_a_password_in_plain_warns_and_does_not_fail() -> None:
    found = of_tls(TlsFacts(is_ours=False, told_in_plain="mqtt://house:1883"))
    assert [finding.level for finding in found] == ["warn"]
    assert "mqtt://house:1883 is told its password without TLS" in found[0].detail
    assert "mqtts://" in str(found[0].next_step)
    assert not failed(found)
