"""Accounts, for people and for programs."""

import shlex

import pytest

from broker_bridge.grants import AccountName, Grant
from broker_bridge.roster import Entry
from broker_bridge.url import BrokerUrl
from console.roster_lines import details, plain, table, to_paste

KIOSK = Entry(
    "k@home", "kiosk", "k@home-1", (Grant("recall", "a"), Grant("recall", "b/#"), Grant("summary", "a"))
)
INGEST = Entry("ingest", "service", "membroker-ingest-1")
HOSTILE = Entry("\x1b[2Jevil", "\x1b]0;x", None)
BROKER = BrokerUrl("host", 1883, "k@home", "secret", client_id="k@home-1")
NAME = AccountName("k", "home")


def test_a_table_has_a_line_an_account_in_columns() -> None:
    assert table([INGEST, KIOSK]) == [
        "ACCOUNT  KIND     MAY",
        "ingest   service  its own work",
        "k@home   kiosk    recall a, b/#; summary a",
    ]
    assert table([]) == []


@pytest.mark.parametrize(
    ("entry", "may"),
    [
        (Entry("ana", "operator", "x"), "watch the services"),
        (Entry("k@home", "kiosk", "x"), "nothing"),
        (Entry("theirs", "other", None), "what somebody set at the broker"),
    ],
)
def test_what_an_account_without_grants_may(entry: Entry, may: str) -> None:
    assert table([entry])[1].endswith(f"  {may}")
    assert details(entry)[-1] == f"may        {may}"


def test_one_account_has_a_line_a_right() -> None:
    assert details(KIOSK) == [
        "account    k@home",
        "kind       kiosk",
        "client id  k@home-1",
        "may        recall     a, b/#",
        "           summary    a",
    ]


def test_what_is_disabled_or_unbound_is_said() -> None:
    lines = details(Entry("x", "other", None, is_disabled=True))
    assert "kind       other  (disabled)" in lines
    assert "client id  any" in lines


def test_nothing_that_a_terminal_would_obey_is_shown() -> None:
    assert "\x1b" not in "".join([*table([HOSTILE]), *details(HOSTILE)])


def test_for_programs() -> None:
    assert plain(KIOSK) == {
        "account": "k@home", "kind": "kiosk", "tenant": "home", "client": "k", "client_id": "k@home-1",
        "disabled": False,
        "grants": [{"right": "recall", "entity": "a"}, {"right": "recall", "entity": "b/#"},
                   {"right": "summary", "entity": "a"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("grant", "program", "topic"),
    [
        (Grant("observe", "home7/#"), "mosquitto_pub", "mem/v1/home/obs/k/home7"),
        (Grant("observe", "#"), "mosquitto_pub", "mem/v1/home/obs/k/kitchen"),
        (Grant("recall", "a/b"), "mosquitto_rr", "mem/v1/home/query/k/a/b"),
    ],
)
def test_the_line_to_paste_is_one_that_the_account_may(grant: Grant, program: str, topic: str) -> None:
    [line] = to_paste(BROKER, NAME, [grant])
    words = shlex.split(line)
    assert words[0] == program
    assert words[words.index("-t") + 1] == topic
    assert words[words.index("-u") + 1 : words.index("-u") + 2] == ["k@home"]
    assert words[words.index("-i") + 1] == "k@home-1"
    assert "--cafile" not in words


def test_a_watcher_is_given_what_it_watches_and_nobody_a_line_that_fails() -> None:
    [line] = to_paste(BROKER, AccountName("ana", None), [])
    assert line.startswith("mosquitto_sub ")
    assert "mem/v1/_sys/#" in line
    assert to_paste(BROKER, NAME, [Grant("summary", "#")]) == []


def test_over_tls_the_authority_is_named() -> None:
    [line] = to_paste(BrokerUrl("h", 8883, "u", "p", tls=True, client_id="i"), NAME, [Grant("observe", "e")])
    assert "--cafile ca.pem" in line
