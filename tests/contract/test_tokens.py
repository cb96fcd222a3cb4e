"""memory/tokens.py, over the real model's tokenizer."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory import model
from memory.errors import ModelError
from memory.tokens import ModelTokens
from workers.settings import Settings


@pytest.fixture(scope="module")
def tokens(model_cache: Path) -> ModelTokens:
    return ModelTokens(model.model_dir(model_cache, Settings().model))


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("Ana likes tea", 3), ("15 Nov 2023 12:00 UTC:", 9), ("allergic to peanuts [12]", 6)],
)
def test_words_and_their_pieces_are_counted(tokens: ModelTokens, text: str, count: int) -> None:
    assert tokens.count(text) == count


def test_a_text_is_counted_past_what_the_model_reads(tokens: ModelTokens) -> None:
    assert tokens.count("tea " * 5000) == 5000


def test_a_word_that_cannot_be_spelt_counts_by_its_characters(tokens: ModelTokens) -> None:
    assert tokens.count("x" * 5000) == 5000
    assert tokens.count("tea 🙂 tea") == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.text(alphabet=st.characters(exclude_categories=["M", "C", "Z"]), max_size=30)))
def test_lines_cost_what_they_cost_together(tokens: ModelTokens, lines: list[str]) -> None:
    assert tokens.count("\n".join(lines)) == sum(map(tokens.count, lines))


def test_where_there_is_no_tokenizer_the_next_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="tokenizer") as refused:
        ModelTokens(tmp_path)
    assert refused.value.hint == "Look closer: membroker model check"
