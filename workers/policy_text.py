"""A policies file's text as checked policies, or the line that is wrong. Pure.

PyYAML composes nodes, which know their lines; values are made of them by its safe loader, so that no tag in
the file makes an object of ours. Two habits of YAML are not kept: a key is always the text that is written
(a tenant may be called `no`), and what is written twice is refused, where YAML takes the last silently.
"""

from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from memory.policies import Policies
from memory.policy_file import PolicyFile

BYTES_MAX = 256 * 1024
"""Some 4,000 tenants of a few lines."""
DEPTH_MAX = 16
"""Twice what the deepest rule needs."""
EXAMPLE = "membroker.policies.example.yaml shows all that may be said"

_Path = tuple[str, ...]


class PolicyFault(Exception):
    """A policies file that says what cannot be; names the line, the field, and what is allowed."""


def read(text: str, name: str) -> Policies:
    """The policies in a file's text; `name` is the file's, for errors.

    Raises:
        PolicyFault: the first thing that is wrong.
    """
    if len(text.encode()) > BYTES_MAX:
        raise PolicyFault(f"{name}: more than {BYTES_MAX} bytes; {EXAMPLE}")
    lines: dict[_Path, int] = {}
    try:
        _refuse_traps(text, name)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        said = {} if node is None else _value(node, (), lines, name)
    except yaml.YAMLError as error:
        raise PolicyFault(f"{name}{_line_of(error)}: is not YAML: {_problem(error)}") from None
    if not isinstance(said, dict):
        raise PolicyFault(f"{name}:1: must begin with `defaults:` or `tenants:`; {EXAMPLE}")
    try:
        return Policies(PolicyFile.model_validate(said))
    except ValidationError as error:
        raise PolicyFault(_first_fault(error, lines, name)) from None


def _refuse_traps(text: str, name: str) -> None:
    """A few lines of aliases make billions of values, and a few thousand brackets end the reader."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise PolicyFault(f"{name}:{line}: `*` is not read here; write it out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_MAX:
            raise PolicyFault(f"{name}:{line}: nested too deep; {EXAMPLE}")


def _value(node: yaml.Node, path: _Path, lines: dict[_Path, int], name: str) -> Any:
    """A node's value; notes where each path begins. What is left empty is left out."""
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _map(node, path, lines, name)
    if isinstance(node, yaml.SequenceNode):
        return [_value(each, (*path, str(at)), lines, name) for at, each in enumerate(node.value)]
    return _scalar(node)


def _map(node: yaml.MappingNode, path: _Path, lines: dict[_Path, int], name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, line = key_node.value, key_node.start_mark.line + 1
        if not isinstance(key, str):
            raise PolicyFault(f"{name}:{line}: a name must be plain text; {EXAMPLE}")
        if key in found:
            raise PolicyFault(f"{name}:{line}: {'.'.join((*path, key))} is there twice; take one out")
        found[key] = _value(value_node, (*path, key), lines, name)
        lines[*path, key] = line
    return {key: value for key, value in found.items() if value is not None}


def _scalar(node: yaml.Node) -> Any:
    maker = yaml.SafeLoader("")
    try:
        return maker.construct_object(node, deep=True)
    except ValueError as error:  # such as a date that there never was
        raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from None
    finally:
        maker.dispose()


def _first_fault(error: ValidationError, lines: dict[_Path, int], name: str) -> str:
    first = min(error.errors(include_url=False), key=lambda each: _line(each["loc"], lines))
    path = ".".join(str(part) for part in first["loc"] if part not in _MARKS)
    return f"{name}:{_line(first['loc'], lines)}: {path}: {_allowed(first)}"


def _allowed(fault: ErrorDetails) -> str:
    if fault["loc"][-1] == "[key]":
        return "is no name: 1 to 64 letters, digits, `_`, `.` or `-`"
    if fault["type"] == "extra_forbidden":
        return f"is not known here; {EXAMPLE}"
    if fault["type"] in {"model_type", "dict_type"}:
        return f"must be a map; {EXAMPLE}"
    if fault["type"] == "missing":
        return "is needed"
    return fault["msg"].removeprefix("Value error, ").replace("Input should be", "must be")


_MARKS = frozenset({"[key]", "Llm", "literal[False]"})
"""What pydantic puts into a path that stands in no file."""


def _line(loc: tuple[int | str, ...], lines: dict[_Path, int]) -> int:
    """Of the field, or, where it is missing, of the map that should have it."""
    path = tuple(str(part) for part in loc if part not in _MARKS)
    while path not in lines:
        path = path[:-1]
    return lines[path]


def _line_of(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f":{mark.line + 1}"


def _problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or error).partition("\n")[0]
