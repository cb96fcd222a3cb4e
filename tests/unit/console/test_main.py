"""The verbs are as the operator's page promises."""

import click
import pytest

from console.main import VERBS, command

OURS = [
    "observe",
    "recall",
    "feedback",
    "status",
    "tail",
    "deadletters",
    "doctor",
    "certs",
    "access",
    "accounts",
]


def commands(verb: str) -> list[click.Command]:
    """The verb, and those below it."""
    found = command.get_command(click.Context(command), verb)
    assert found is not None
    return [found, *found.commands.values()] if isinstance(found, click.Group) else [found]


@pytest.mark.parametrize("verb", OURS)
def test_help_ends_with_a_line_to_paste(verb: str) -> None:
    for each in commands(verb):
        last = (each.help or "").rstrip().splitlines()[-1].strip()
        assert last.startswith(f"Example:  membroker {verb}")
        assert len(last) <= 76, "click breaks longer ones, and then they cannot be pasted"


@pytest.mark.parametrize("verb", OURS)
def test_each_speaks_json(verb: str) -> None:
    for each in commands(verb):
        if not isinstance(each, click.Group):
            assert "--json" in [name for option in each.params for name in option.opts]


def test_an_unknown_verb_is_no_command() -> None:
    assert command.get_command(click.Context(command), "fly") is None
    assert command.list_commands(click.Context(command)) == list(VERBS)
