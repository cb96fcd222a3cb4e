"""`membroker demo`, run as a newcomer runs it: its answers are held against the records that it replayed."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from console import dataset, weather
from console.dataset import DatasetMissing
from workers.settings import Settings

MEMBROKER = Path(sys.executable).parent / "membroker"
DEMO_S_MAX = 110  # five seconds on two cores; the rest is for a slow runner
DAY_SHOWN = re.compile(r"   (\d{4}-\d\d-\d\d)  (?:0\.\d\d  )?(.+)")


def has_mosquitto() -> bool:
    return shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin") is not None


pytestmark = pytest.mark.skipif(
    not has_mosquitto() and "CI" not in os.environ, reason="mosquitto is not installed"
)


@pytest.fixture(scope="module")
def records() -> dict[str, str]:
    try:
        return dataset.fetch(Settings().model_cache.parent / "datasets", print)
    except DatasetMissing as missing:
        if "CI" in os.environ:
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def days(records: dict[str, str]) -> dict[date, weather.Day]:
    return {day.on: day for day in weather.days(records[dataset.DAYS])}


@dataclass(frozen=True)
class Shown:
    """What a demo printed, and its parts: an answer under each question's words."""

    output: str

    def answer(self, words: str) -> str:
        [part] = [part for part in self.output.split("\n\n") if words in part.splitlines()[0]]
        return part

    def days_of(self, words: str) -> list[date]:
        return [date.fromisoformat(day) for day, _ in DAY_SHOWN.findall(self.answer(words))]


@pytest.fixture(scope="module")
def demo(records: dict[str, str]) -> Shown:
    ended = subprocess.run(
        [MEMBROKER, "demo"], capture_output=True, text=True, timeout=DEMO_S_MAX, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return Shown(ended.stdout)


def test_every_observation_has_a_receipt_and_none_was_refused(demo, records, days) -> None:
    total = len(days) + len(list(weather.hours(records[dataset.HOURS])))
    receipts = re.search(r"Receipts, .*: (.*)", demo.output)
    assert receipts is not None
    counts = {
        status: int(count.replace(",", "")) for count, status in re.findall(r"([\d,]+) (\w+)", receipts[1])
    }
    assert sum(counts.values()) == total
    assert "refused" not in counts
    assert re.search(rf"{total:,} observations in [\d.]+ s: [\d,]+ a second", demo.output)


def test_the_memory_counts_what_it_was_told(demo, records, days) -> None:
    answer = demo.answer("How much is remembered?")
    hours = len(list(weather.hours(records[dataset.HOURS])))
    assert f"{hours:,} from thermometer" in answer
    assert f"{len(days):,} from station-daily" in answer
    assert "2010-01-01 00:00:00Z to 2015-12-31 12:00:00Z" in answer


def test_the_days_named_for_snow_had_snow(demo, days) -> None:
    named = demo.days_of("1. When did it snow?")
    assert len(set(named)) == 5
    assert {days[day].weather for day in named} == {"snow"}


def test_the_days_named_for_wind_are_the_windiest_there_were(demo, days) -> None:
    named = demo.days_of("2. Which were the windiest days?")
    assert len(set(named)) == 5
    by_wind = sorted(days.values(), key=lambda day: -day.wind_m_s)
    of_force_5 = {day.on for day in by_wind if day.wind_m_s >= 8.0}
    assert set(named) <= of_force_5
    assert len(of_force_5) < len(days) / 100, "the words are for the few"


def test_the_hottest_day_is_the_hottest(demo, days) -> None:
    in_2014 = [day for day in days.values() if day.on.year == 2014]
    hottest = max(in_2014, key=lambda day: day.high_c)
    assert demo.days_of("3. Which was the hottest day in 2014?") == [hottest.on]
    assert f"high {hottest.high_c:g} °C" in demo.answer("3. Which was the hottest day in 2014?")


def test_the_rainy_days_are_of_that_christmas(demo, days) -> None:
    named = demo.days_of("4. A rainy day around Christmas 2012?")
    assert len(set(named)) == 3
    assert all(date(2012, 12, 20) <= day <= date(2012, 12, 28) for day in named)
    assert {days[day].weather for day in named} == {"rain"}


def test_the_thermometer_says_its_last_reading(demo, records) -> None:
    *_, last = weather.hours(records[dataset.HOURS])
    expected = f"   {last.at:%Y-%m-%d %H:%M:%S}Z  thermometer temperature {last.celsius:g} °C"
    assert expected in demo.answer("5. What does the thermometer say?").splitlines()


def test_every_answer_says_how_long_it_took(demo) -> None:
    assert len(re.findall(r"answered in \d+\.\d ms, there and back in \d+\.\d ms", demo.output)) == 6


def test_mosquitto_rr_is_shown_run_and_answered(demo, days) -> None:
    _, command, answer = demo.answer("And from a shell").splitlines()
    assert command.startswith("   mosquitto_rr -h 127.0.0.1 -p ")
    reply = json.loads(answer)
    assert reply["ok"] is True
    assert reply["op"] == "recall"
    assert {days[date.fromisoformat(match["id"])].weather for match in reply["matches"]} == {"snow"}


def test_nothing_is_left(demo) -> None:
    folder = folder_of(demo.output)
    assert not folder.exists()
    assert not brokers_of(folder)
    assert "what was remembered is removed" in demo.output


def test_ctrl_c_takes_everything_down(records) -> None:
    with subprocess.Popen(
        [MEMBROKER, "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        folder = folder_of(run.stdout.readline())
        assert brokers_of(folder)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=30)
    assert run.returncode == 130
    assert "Traceback" not in said
    assert not folder.exists()
    assert not brokers_of(folder)


def test_a_folder_in_use_is_not_touched(tmp_path, records) -> None:
    (tmp_path / "mine").write_text("precious")
    ended = subprocess.run(
        [MEMBROKER, "demo", "--keep", tmp_path], capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 2
    assert "the folder is not empty; name a new one" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_without_pypi_one_line_says_the_next_step(tmp_path) -> None:
    closed = {"XDG_CACHE_HOME": str(tmp_path), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}
    ended = subprocess.run(
        [MEMBROKER, "demo"],
        env={**os.environ, **closed},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("membroker: the weather to replay could not be fetched (vega_datasets==0.9.0: ")
    assert "Give this machine a way to PyPI and try again, or copy " in last
    assert "Traceback" not in ended.stderr


def folder_of(output: str) -> Path:
    found = re.search(r"its data in (\S+)", output)
    assert found is not None, output
    return Path(found[1])


def brokers_of(folder: Path) -> list[Path]:
    """The processes whose command line names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(folder) + b"/broker" in (process / "cmdline").read_bytes():
                found.append(process)
        except OSError:
            continue  # it ended while we looked
    return found
