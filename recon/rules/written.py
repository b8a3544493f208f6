"""A profile as YAML text with comments, in the way in which those of `rules/profiles/` are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from recon.rules.profile import Profile

_WIDTH: Final = 110
_PLAIN: Final = re.compile(r"^[A-Za-z][A-Za-z0-9 _./()+%-]*$")
# What YAML, or whoever reads it, would take for something else than a word.
_WORDS: Final = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none"])
_ODD: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def profile_text(profile: Profile, remarks: Mapping[str, str] | None = None, top: Iterable[str] = ()) -> str:
    """A profile as YAML: keys that say no more than the default are left out.

    Args:
        profile: the profile; `parse_profile` makes the same of the text.
        remarks: key, or `columns.OURS`, -> a remark for its line.
        top: lines of comment before it.
    """
    said = profile.model_dump(mode="json", exclude_defaults=True)
    notes = {key: _comment(text) for key, text in (remarks or {}).items()}
    lines = [f"# {_comment(line)}".rstrip() for line in top]
    for key in Profile.model_fields:
        if key in said:
            lines += _entry(key, said[key], notes)
    return "\n".join(lines) + "\n"


def _comment(text: str) -> str:
    return _ODD.sub(" ", text)


def _entry(key: str, value: Any, notes: Mapping[str, str]) -> Iterator[str]:
    note = f"    # {notes[key]}" if notes.get(key) else ""
    if isinstance(value, bool):
        yield f"{key}: {'true' if value else 'false'}{note}"
    elif isinstance(value, str):
        yield f"{key}: {scalar(value)}{note}"
    elif isinstance(value, list):
        yield from _list(key, value, note)
    else:
        yield f"{key}:{note}"
        for name, inner in value.items():
            if inner not in ("", [], None):
                own = f"    # {notes[f'{key}.{name}']}" if notes.get(f"{key}.{name}") else ""
                yield from (f"  {line}" for line in _inner(scalar(name), inner, own))


def _inner(name: str, value: Any, note: str) -> Iterator[str]:
    if isinstance(value, list):
        yield from _list(name, value, note)
    elif isinstance(value, dict):
        yield f"{name}:{note}"
        yield from (f"  {scalar(theirs)}: {scalar(ours)}" for theirs, ours in value.items())
    else:
        yield f"{name}: {scalar(value)}{note}"


def _list(key: str, values: list[str], note: str) -> Iterator[str]:
    flow = f"{key}: [{', '.join(map(scalar, values))}]{note}"
    if len(flow) <= _WIDTH:
        yield flow
        return
    yield f"{key}:{note}"
    yield from (f"  - {scalar(value)}" for value in values)


def scalar(text: str) -> str:
    """A text as YAML that can't be taken for anything else."""
    if _PLAIN.match(text) and text == text.strip() and text.casefold() not in _WORDS:
        return text
    if not _ODD.search(text):
        return "'" + text.replace("'", "''") + "'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'
