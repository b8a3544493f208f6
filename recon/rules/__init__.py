"""The rules: YAML text -> frozen Rules and Profiles, or every problem in it at once, with file and line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from recon.problems import Problem, ReconError
from recon.rules import document
from recon.rules.profile import Profile
from recon.rules.schema import Rules

EXTENDS_MAX = 5


def parse(text: str, where: str, read: Callable[[str], tuple[str, str]] | None = None) -> Rules:
    """Rules out of YAML text.

    Args:
        text: the file's text.
        where: the file's name, for messages.
        read: gives (text, name) of the file that `extends` names; needed only where a file extends another.

    Raises:
        ReconError: with every problem of the file: unknown keys with the nearest valid one, values that a key
            does not take, patterns that are none.
    """
    loaded = document.load(text, where)
    chain = [loaded]
    while chain[-1].data.get("extends"):
        named = str(chain[-1].data["extends"])
        place = chain[-1].place(("extends",))
        if read is None or len(chain) > EXTENDS_MAX:
            raise ReconError(Problem("rules-value", place, f"extends: can't be followed to `{named}`"))
        chain.append(document.load(*read(named)))
    whole = chain.pop()
    while chain:
        whole = document.merge(whole, chain.pop())
    return document.validate(Rules, whole)


def parse_profile(text: str, where: str) -> Profile:
    """A column profile out of YAML text.

    Raises:
        ReconError: as `parse`.
    """
    return document.validate(Profile, document.load(text, where))


def schema() -> dict[str, Any]:
    """The JSON Schema of a rules file, for editors that complete and check while one types."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Rules.model_json_schema()}


def digest(rules: Rules) -> str:
    """A fingerprint of what the rules say, whatever the file's comments and order."""
    plain = json.dumps(rules.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()
