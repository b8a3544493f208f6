"""YAML text -> plain data that knows its lines -> a checked model, or every problem in it at once.

All scalars stay text until the model takes them, so that no amount ever is a float and no `NO` becomes false.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from yaml.composer import Composer

from recon.problems import Problem, ReconError

Path = tuple[str | int, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)
DEPTH_MAX = 20
COMPOSED_DEPTH_MAX = 200  # of collections in YAML text that libyaml is given
NODES_MAX = 200_000

# What a key takes, in plain words; `{...}` is filled from the checker's own context.
_EXPECTED = {
    "bool_parsing": "`true` or `false` is expected",
    "bool_type": "`true` or `false` is expected",
    "decimal_max_digits": "a number of at most {max_digits} digits is expected",
    "decimal_max_places": "a number of at most {decimal_places} decimals is expected",
    "decimal_parsing": "a number is expected, as `5.00`",
    "decimal_type": "a number is expected, as `5.00`",
    "dict_type": "a mapping is expected, as `{{name: value}}`",
    "enum": "{expected} is expected",
    "float_parsing": "a number is expected, as `0.95`",
    "float_type": "a number is expected, as `0.95`",
    "greater_than_equal": "{ge} or more is expected",
    "int_parsing": "a whole number is expected",
    "int_type": "a whole number is expected",
    "less_than_equal": "{le} or less is expected",
    "literal_error": "{expected} is expected",
    "model_type": "a mapping is expected, as `{{name: value}}`",
    "string_pattern_mismatch": "text of the form `{pattern}` is expected",
    "string_too_long": "text of at most {max_length} characters is expected",
    "string_type": "text is expected",
    "tuple_type": "a list is expected, as `[one, two]`",
}


@dataclass(frozen=True)
class Document:
    """A YAML file as plain data (dicts, lists, text), with `file:line` of each path in it."""

    data: dict[str, Any]
    places: Mapping[Path, str]
    where: str

    def place(self, path: Path) -> str:
        """`file:line` of a path, or of its nearest known parent."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return f"{self.where}:1"


def load(text: str, where: str) -> Document:
    """Read one YAML mapping.

    Raises:
        ReconError: the text is no YAML, is no mapping at the top, has a key twice, or is deeper or larger than
            a file of rules can be.
    """
    try:
        node = _composed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        what = (error.problem or error.context or "can't be read").rstrip(".")
        raise ReconError(
            Problem(
                "rules-yaml", f"{where}:{line}", f"this is no YAML: {what}", "check indentation and quotes"
            )
        ) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ReconError(Problem("rules-yaml", f"{where}:1", "this is no YAML that can be read")) from error
    if node is None:
        return Document({}, {(): f"{where}:1"}, where)
    if not isinstance(node, yaml.MappingNode):
        raise ReconError(
            Problem("rules-yaml", f"{where}:1", "a mapping is expected at the top", "begin with `name: ...`")
        )
    places: dict[Path, str] = {}
    problems: list[Problem] = []
    data = _plain(node, (), where, places, problems)
    if problems:
        raise ReconError(problems)
    assert isinstance(data, dict)
    return Document(data, places, where)


def _composed(text: str) -> yaml.Node | None:
    """The text as nodes: scanned by libyaml where it is there, which is ten times faster.

    What it refuses is read again by the scanner in Python, whose words are those that our messages tell.
    """
    if _QUICK is not None:
        try:
            return yaml.compose(text, Loader=_QUICK)
        except yaml.YAMLError:
            pass
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _quick() -> Any:
    """A loader of libyaml's events and Python's composer; the one in C breaks down on a file nested too deeply."""
    scanner: Any = getattr(yaml, "CSafeLoader", None)
    if scanner is None:
        return None

    class Quick(Composer, scanner):  # type: ignore[misc]  # known only where libyaml is
        def __init__(self, stream: str) -> None:
            scanner.__init__(self, stream)
            Composer.__init__(self)

    return Quick


_QUICK: Any = _quick()


def _plain(node: yaml.Node, path: Path, where: str, places: dict[Path, str], problems: list[Problem]) -> Any:
    here = f"{where}:{node.start_mark.line + 1}"
    places.setdefault(path, here)
    if len(path) > DEPTH_MAX or len(places) > NODES_MAX:  # an anchor that repeats itself, or no rules file
        raise ReconError(Problem("rules-yaml", here, "the file is nested too deeply or is too large"))
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            line = f"{where}:{key_node.start_mark.line + 1}"
            if key in mapping:
                problems.append(
                    Problem("rules-yaml", line, f"{path_text((*path, key))} is there twice", "keep one")
                )
            places[(*path, key)] = line
            mapping[key] = _plain(value_node, (*path, key), where, places, problems)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(child, (*path, index), where, places, problems) for index, child in enumerate(node.value)
        ]
    assert isinstance(node, yaml.ScalarNode)
    return None if node.tag.endswith(":null") else node.value


def merge(base: Document, own: Document) -> Document:
    """`own` over `base`: mappings are merged key by key, everything else is replaced whole."""
    places = {**base.places}
    data = _merged(base.data, own.data, (), own, places)
    return Document(data, places, own.where)


def _merged(base: Any, own: Any, path: Path, document: Document, places: dict[Path, str]) -> Any:
    if isinstance(base, dict) and isinstance(own, dict):
        places[path] = document.place(path)
        keys = [*base, *(key for key in own if key not in base)]
        return {
            key: _merged(base.get(key), own[key], (*path, key), document, places) if key in own else base[key]
            for key in keys
        }
    for known in [known for known in places if known[: len(path)] == path]:
        del places[known]
    places.update({known: place for known, place in document.places.items() if known[: len(path)] == path})
    return own


def validate(model: type[ModelT], document: Document) -> ModelT:
    """The document as a frozen model.

    Raises:
        ReconError: with one problem for each mistake: where it is, its path, what the key takes, and for an
            unknown key the keys there are and the nearest one.
    """
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        problems = [_problem(model, document, detail) for detail in error.errors()]
        raise ReconError(sorted(set(problems), key=by_line)) from error


def by_line(problem: Problem) -> tuple[str, int, str]:
    """The order of problems: by file, then line."""
    file, _, line = problem.where.rpartition(":")
    return file, int(line) if line.isdigit() else 0, problem.what


def _problem(model: type[BaseModel], document: Document, detail: ErrorDetails) -> Problem:
    # pydantic puts the tags of unions into the path; only what is in the document counts.
    path = _known_path(document.data, detail["loc"])
    where = document.place(path)
    text = path_text(path)
    kind = detail["type"]
    if kind == "extra_forbidden":
        known = _keys(model, path[:-1])
        key = str(path[-1]) if path else "?"
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        parent = path_text(path[:-1])
        hint = [f"known keys: {', '.join(sorted(known))}"] if known else []
        hint += [f"did you mean `{near[0]}`?"] if near else []
        return Problem("rules-unknown-key", where, f"{parent}: unknown key `{key}`", "\n".join(hint))
    if kind == "missing":
        key = str(detail["loc"][-1])
        parent = path_text(path[:-1] if path and path[-1] == key else path)
        return Problem("rules-value", where, f"{parent}: `{key}` is missing", f"add `{key}: ...`")
    if kind == "pattern":  # our own, see parts.Pattern
        return Problem(
            "rules-pattern",
            where,
            f"{text}: {detail['msg']}",
            "look-around and back-references don't exist here",
        )
    plain = _EXPECTED.get(kind)
    message = plain.format(**detail.get("ctx", {})) if plain else detail["msg"].removeprefix("Value error, ")
    return Problem("rules-value", where, f"{text}: {message}", f"found: {_short(detail.get('input'))}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - the width of a readable hint


def _known_path(data: Any, loc: tuple[str | int, ...]) -> Path:
    """The checker's path without the steps that are no part of the file (tags of unions)."""
    path: list[str | int] = []
    for step in loc:
        inside_list = isinstance(data, list) and isinstance(step, int) and step < len(data)
        if inside_list or (isinstance(data, dict) and step in data):
            data = data[step]
            path.append(step)
    return tuple(path)


def path_text(path: Path) -> str:
    """A path as people read it: `not_receivable[1].pattern`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else step)
    return text or "top level"


def _keys(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that the model takes at a path."""
    current: Any = model
    for step in path:
        current = _inner(current, step)
        if current is None:
            return []
    current = _model_of(current)
    return list(current.model_fields) if current is not None else []


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated):
        for part in typing.get_args(annotation):
            found = _model_of(part)
            if found is not None:
                return found
    return None


def _inner(annotation: Any, step: str | int) -> Any:
    model = _model_of(annotation)
    if model is not None and isinstance(step, str):
        known = model.model_fields.get(step)
        return known.annotation if known else None
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated):
        for part in typing.get_args(annotation):
            found = _inner(part, step)
            if found is not None:
                return found
        return None
    arguments = typing.get_args(annotation)
    if isinstance(step, int):
        return arguments[0] if arguments else None
    return arguments[1] if len(arguments) > 1 else None
