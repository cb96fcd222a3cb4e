"""workers/deadletters.py"""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schemas.limits import MESSAGE_BYTES_MAX
from schemas.service import DeadLetter
from workers.deadletters import DeadLetters, dead_letter, publication
from workers.intake import Refusal

TOPIC = "mem/v1/acme/obs/kiosk-1/home7"
PLENTY = 1_000_000


def letter(number: int = 0, payload: bytes = b"{}") -> DeadLetter:
    made = dead_letter(TOPIC, Refusal("invalid", f"hint {number}", payload))
    # Always the same moment, so that letters are equally long.
    return made.model_copy(update={"at": 1_780_000_000.5})


def hints(kept: DeadLetters) -> list[str]:
    return [each.hint for each in kept]


def test_a_letter_holds_everything_needed_to_understand_and_replay_it() -> None:
    made = dead_letter(TOPIC, Refusal("fault", "what to do", b"\xff\x00{", "id", "Traceback …"))
    assert (made.topic, made.reason, made.hint, made.traceback) == (
        TOPIC,
        "fault",
        "what to do",
        "Traceback …",
    )
    assert base64.b64decode(made.payload) == b"\xff\x00{"
    assert (made.payload_bytes, made.cut) == (3, None)


def test_letters_have_names_of_their_own() -> None:
    assert len({letter().letter for _ in range(200)}) == 200


@pytest.mark.parametrize(("size", "is_cut"), [(MESSAGE_BYTES_MAX, None), (MESSAGE_BYTES_MAX + 1, True)])
def test_only_what_was_refused_for_its_size_is_cut_and_says_so(size: int, *, is_cut: bool | None) -> None:
    made = letter(payload=b"x" * size)
    assert (made.cut, made.payload_bytes) == (is_cut, size)
    assert base64.b64decode(made.payload) == b"x" * MESSAGE_BYTES_MAX


def test_operators_hear_of_it_below_system_in_json_with_long_names() -> None:
    made = letter(1)
    topic, payload = publication(made)
    assert topic == "mem/v1/_sys/deadletter/acme/kiosk-1/home7"
    assert DeadLetter.load(json.loads(payload)) == made
    assert json.loads(payload)["payload_bytes"] == 2


def test_letters_are_kept_in_their_order_over_restarts(tmp_path: Path) -> None:
    directory = tmp_path / "not yet there"
    assert hints(DeadLetters(directory, PLENTY)) == []
    DeadLetters(directory, PLENTY).keep([letter(1), letter(2)])
    DeadLetters(directory, PLENTY).keep([letter(3)])
    assert hints(DeadLetters(directory, PLENTY)) == ["hint 1", "hint 2", "hint 3"]


def test_what_is_kept_is_what_was_made_whatever_was_in_it(tmp_path: Path) -> None:
    odd = dead_letter(TOPIC, Refusal("malformed", "line\nbreak \x1b[31m ü", b"\n\x00\xff" * 10, None, "a\nb"))
    kept = DeadLetters(tmp_path, PLENTY)
    kept.keep([odd])
    assert list(kept) == [odd]


def test_keeping_nothing_makes_no_file(tmp_path: Path) -> None:
    DeadLetters(tmp_path / "none", PLENTY).keep([])
    assert not (tmp_path / "none").exists()


def test_a_full_file_becomes_the_previous_one_and_two_are_kept_at_most(tmp_path: Path) -> None:
    size = len(publication(letter(10))[1]) + 1
    kept = DeadLetters(tmp_path, bytes_max=3 * size)
    seen = []
    for number in range(10, 40):
        kept.keep([letter(number)])
        seen.append(len(hints(kept)))
        assert hints(kept)[-1] == f"hint {number}"
        assert hints(kept) == [f"hint {each}" for each in range(number - len(hints(kept)) + 1, number + 1)]
    assert max(seen) <= 8
    assert min(seen[4:]) >= 4
    assert {file.name for file in tmp_path.iterdir()} == {"current.jsonl", "previous.jsonl", "lock"}


def test_what_is_removed_is_gone_from_both_files_and_the_rest_is_as_it_was(tmp_path: Path) -> None:
    size = len(publication(letter(10))[1]) + 1
    kept = DeadLetters(tmp_path, bytes_max=3 * size)
    for number in range(10, 16):
        kept.keep([letter(number)])
    before = hints(kept)
    assert kept.remove(lambda each: each.hint in {before[0], before[-1]}) == 2
    assert hints(kept) == before[1:-1]
    assert kept.remove(lambda each: each.hint == before[0]) == 0
    kept.keep([letter(16)])
    assert hints(kept)[-1] == "hint 16"
    assert b"hint 10" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_removing_where_nothing_was_kept_makes_nothing(tmp_path: Path) -> None:
    assert DeadLetters(tmp_path / "none", PLENTY).remove(lambda _: True) == 0
    assert not (tmp_path / "none").exists()


def test_removing_and_keeping_at_once_loses_no_letter(tmp_path: Path) -> None:
    def keep_all() -> None:
        writer = DeadLetters(tmp_path, PLENTY)
        for number in range(200):
            writer.keep([letter(number)])

    remover = DeadLetters(tmp_path, PLENTY)
    with ThreadPoolExecutor(1) as executor:
        keeping = executor.submit(keep_all)
        removed = 0
        while not keeping.done():
            removed += remover.remove(lambda each: each.hint.endswith("7"))
        keeping.result()
    removed += remover.remove(lambda each: each.hint.endswith("7"))
    assert removed == 20
    assert hints(remover) == [f"hint {n}" for n in range(200) if n % 10 != 7]


def test_a_torn_last_line_is_passed_over(tmp_path: Path) -> None:
    kept = DeadLetters(tmp_path, PLENTY)
    kept.keep([letter(1), letter(2)])
    file = tmp_path / "current.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    assert hints(kept) == ["hint 1"]


def test_letters_kept_after_a_torn_line_are_found_and_the_torn_one_passed_over(tmp_path: Path) -> None:
    kept = DeadLetters(tmp_path, PLENTY)
    kept.keep([letter(1), letter(2)])
    file = tmp_path / "current.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    kept.keep([letter(3)])
    assert hints(kept) == ["hint 1", "hint 3"]


def test_where_nothing_can_be_kept_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        DeadLetters(tmp_path / "file", PLENTY).keep([letter()])


def test_what_somebody_killed_left_half_written_goes(tmp_path: Path) -> None:
    kept = DeadLetters(tmp_path, PLENTY)
    kept.keep([letter(1)])
    for use in (lambda: kept.keep([letter(2)]), lambda: kept.remove(lambda _: False)):
        (tmp_path / "current.part").write_bytes(b"half of what was to stay")
        use()
        assert not (tmp_path / "current.part").exists()


def test_letters_from_other_topics_are_not_looked_into(tmp_path: Path) -> None:
    kept, looked_at = DeadLetters(tmp_path, PLENTY), []
    other = letter(2).model_copy(update={"topic": TOPIC + "/ana"})
    odd = letter(3).model_copy(update={"topic": 'a "quoted" topic'})
    kept.keep([letter(1), other, odd])
    kept.remove(lambda each: bool(looked_at.append(each.hint)), lambda topic: topic == TOPIC)
    assert looked_at == ["hint 1", "hint 3"], "what does not begin as we write it is decoded to be judged"


def test_while_letters_are_looked_at_others_are_kept(tmp_path: Path) -> None:
    kept = DeadLetters(tmp_path, PLENTY)
    kept.keep([letter(1)])

    def keeps_one_more(each: DeadLetter) -> bool:
        kept.keep([letter(2)])  # would wait for ever, were the lock held
        return each.hint == "hint 1"

    assert kept.remove(keeps_one_more) == 1
    assert hints(kept) == ["hint 2"]
