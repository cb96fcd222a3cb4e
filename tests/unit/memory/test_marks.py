"""memory/marks.py"""

import pytest

from memory.marks import marks_in


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("nice weather today", set()),
        ("", set()),
        ("I went out", set()),
        ("The smoke detector went off", {"urgent"}),
        ("A LEAK in the cellar!", {"urgent"}),
        ("no leak under the sink", {"negation"}),
        ("it was a false alarm", set()),
        ("It wasn't an emergency", {"negation"}),
        ("no water, but smoke in the hall", {"urgent", "negation"}),
        ("nobody noticed the fire", {"urgent", "negation"}),
        ("no answer from the smoke alarm", {"urgent", "negation"}),
        ("we cannot stop the bleeding", {"urgent", "negation"}),
        ("the leak is not mended", {"urgent", "negation"}),
        ("she does not wake up, she is unconscious", {"urgent", "negation"}),
        ("it never leaked as today", {"urgent", "lasting", "negation"}),
        ("she is allergic to peanuts", {"health"}),
        ("she likes tea", {"preference"}),
        ("always lock the door", {"lasting"}),
        ("never lock the door", {"lasting", "negation"}),
        ("it isn\u2019t locked", {"negation"}),
        ("lunch at 12:30", {"number"}),
        ("on Monday we met Ana", {"name"}),
        ("Yes. Then we went", set()),
        ("firefly and smokeless", set()),
    ],
)
def test_a_text_has_the_marks_of_its_words(text: str, marks: set[str]) -> None:
    assert marks_in(text) == marks
