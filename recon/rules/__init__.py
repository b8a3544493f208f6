"""The rules: YAML text -> frozen Rules and Profiles, or every problem in it at once, with file and line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any

from recon.problems import Problem, ReconError
from recon.rules import document, sense
from recon.rules.layout import Layout
from recon.rules.profile import Profile
from recon.rules.schema import Rules

EXTENDS_MAX = 5


Read = Callable[[str], tuple[str, str]]


def parse(text: str, where: str, read: Read | None = None) -> Rules:
    """Rules out of YAML text.

    Args:
        text: the file's text.
        where: the file's name, for messages.
        read: gives (text, name) of the file that `extends` names; needed only where a file extends another.

    Raises:
        ReconError: with every problem of the file: unknown keys with the nearest valid one, values that a key
            does not take, patterns that are none; or, where all these are right, values that contradict.
    """
    whole = _whole(text, where, read)
    rules = document.validate(Rules, whole)
    wrong = _problems(sense.mistakes(rules), whole)
    if wrong:
        raise ReconError(wrong)
    return rules


def remarks(text: str, where: str, read: Read | None = None) -> tuple[Problem, ...]:
    """What in a rules file works but hardly as it is meant: keys without effect, signs turned round.

    Raises:
        ReconError: as `parse`.
    """
    return _problems(sense.remarks(parse(text, where, read)), _whole(text, where, read))


def place(text: str, where: str, key: document.Path, read: Read | None = None) -> str:
    """`file:line` of a key, in the file that says it.

    Raises:
        ReconError: as `parse`, if the text can't be read at all.
    """
    return _whole(text, where, read).place(key)


def _problems(found: Iterable[sense.Found], whole: document.Document) -> tuple[Problem, ...]:
    """As problems with their lines; a value that only its default says is told at its nearest parent."""
    problems = {
        Problem("rules-sense", whole.place(path), f"{document.path_text(path)}: {what}", hint)
        for path, what, hint in found
    }
    return tuple(sorted(problems, key=document.by_line))


def _whole(text: str, where: str, read: Read | None) -> document.Document:
    """The file, with what it extends below it."""
    loaded = document.load(text, where)
    chain = [loaded]
    while chain[-1].data.get("extends"):
        named = str(chain[-1].data["extends"])
        at = chain[-1].place(("extends",))
        if read is None or len(chain) > EXTENDS_MAX:
            raise ReconError(Problem("rules-value", at, f"extends: can't be followed to `{named}`"))
        chain.append(document.load(*read(named)))
    whole = chain.pop()
    while chain:
        whole = document.merge(whole, chain.pop())
    return whole


def parse_profile(text: str, where: str) -> Profile:
    """A column profile out of YAML text.

    Raises:
        ReconError: as `parse`.
    """
    return document.validate(Profile, document.load(text, where))


def parse_layout(text: str, where: str) -> Layout:
    """A layout of posting files out of YAML text.

    Raises:
        ReconError: as `parse`.
    """
    return document.validate(Layout, document.load(text, where))


def is_layout(text: str, where: str) -> bool:
    """Whether a text is meant as a layout of posting files: it says what its records are.

    Raises:
        ReconError: it is no YAML.
    """
    return "record" in document.load(text, where).data


def is_profile(text: str, where: str) -> bool:
    """Whether a text is meant as a column profile rather than as rules: it has more of a profile's own keys.

    Raises:
        ReconError: it is no YAML.
    """
    keys, profile, rules = (
        set(document.load(text, where).data),
        set(Profile.model_fields),
        set(Rules.model_fields),
    )
    return len(keys & (profile - rules)) > len(keys & (rules - profile))


def schema() -> dict[str, Any]:
    """The JSON Schema of a rules file, for editors that complete and check while one types."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Rules.model_json_schema()}


def digest(rules: Rules) -> str:
    """A fingerprint of what the rules say, whatever the file's comments and order."""
    plain = json.dumps(rules.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()
