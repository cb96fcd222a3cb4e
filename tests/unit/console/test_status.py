"""How services are shown, and what counts as well."""

import json

import pytest

from console.status import Seen, all_well, lines_of, plain
from schemas.service import Health, ServiceStats, ServiceStatus

ONLINE = Seen("ingest", "1", ServiceStatus(status="online", version="0.1.0", since=0.0, durability="power"))
STATS = ServiceStats(at=1.0, uptime_s=2.0, counters={"stored": 3}, gauges={"flush_ms_max": 1.5})


def test_one_line_says_it_all() -> None:
    assert lines_of(ONLINE) == [
        "online    ingest/1  0.1.0  since 1970-01-01 00:00:00Z  durability power",
    ]


def test_a_last_will_has_no_more_than_its_word() -> None:
    assert lines_of(Seen("query", "1", ServiceStatus(status="offline"))) == ["offline   query/1"]


def test_a_reason_is_shown_on_the_same_line() -> None:
    [line] = lines_of(Seen("query", "1", ServiceStatus(status="degraded", reason="no\ndisk")))
    assert line.endswith(r"no\ndisk")


def test_stats_stand_below() -> None:
    seen = Seen("ingest", "1", ServiceStatus(status="online"), STATS)
    assert lines_of(seen)[1:] == ["    stored  3", "    flush_ms_max  1.5"]


def test_programs_find_service_instance_status_first() -> None:
    start = '{"service": "ingest", "instance": "1", "status": "online"'
    assert json.dumps(plain(ONLINE)).startswith(start), "compose.yaml's health check greps for it"
    assert plain(Seen("ingest", "1", ServiceStatus(status="online"), STATS))["stats"]["counters"] == {
        "stored": 3
    }


@pytest.mark.parametrize(
    ("statuses", "well"),
    [
        ([], False),
        (["online"], True),
        (["online", "online"], True),
        (["online", "degraded"], False),
        (["online", "offline"], False),
        (["starting"], False),
    ],
)
def test_all_is_well_when_all_are_online(statuses: list[Health], *, well: bool) -> None:
    assert all_well([Seen("s", "1", ServiceStatus(status=status)) for status in statuses]) == well
