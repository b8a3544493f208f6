"""The page docs/rules.md, made of the schema: `python -m recon.rules.page > docs/rules.md`.

Nothing of the page is written by hand, so that it can't say other than what is checked.
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Iterator
from decimal import Decimal
from enum import EnumType
from typing import Any

from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from recon.rules.layout import Layout
from recon.rules.meanings import meanings
from recon.rules.profile import Profile
from recon.rules.schema import Rules

_OPENING = """\
# Rules

*Made by `poe pages` out of the schema (`recon/rules/`); a test asserts that it is current.*

A rules file says how the engine behaves. `rules/default.yaml` holds every key with a comment; your own file
says what differs:

```yaml
extends: default        # or uk_care, india_care, or a path beside this file
name: our_home
thresholds:
  auto: 0.99
evidence:
  payer_amount: {auto: false}
```

- Mappings are merged key by key with the file that `extends` names; a list or a value replaces the whole of it.
  So copy a list before you add to it.
- A file without `extends` starts from the defaults below: no deductions, no classes of lines that are not
  receivables, no words to drop.
- `recon rules check FILE` says everything that is wrong at once, with file, line and the nearest key.
- `recon rules schema` prints the JSON Schema; an editor that knows it completes and checks while you type.
- `rules/examples/` has a commented file for each usual change: stricter or looser posting, document numbers,
  tolerances, names, lines that are not receivables, companies, deductions.
- Money is in pounds, rupees, ... as one writes it (`5.00`); of percentages `0.5` is half a per cent.
- Patterns are regular expressions of the Rust kind, without look-around and back-references: no pattern can
  hang a run. They meet upper-case text with single blanks.

## Try rules before you use them

`recon rules replay --rules ours.yaml --book july.xlsm` (or `--store`) says what a changed file would have done to
the last run (`--run ID`: another one, `--all`: all of them), and changes nothing:

- how many lines, and how much money, of each outcome, before and after;
- what would newly be posted without a person; and, where a person has decided since, how much of that was decided
  the same and how much otherwise. This is the number to look at before you loosen a rule;
- what would no longer be posted, or to other items;
- with `--out`, each line that changes in `replay.csv` ([data.md](data.md)), all figures in `replay.json`.

Each run is replayed in the state of its own day: with the lines, items, advices, customers, aliases and closed items
that it read, and with what had been settled when it ran. So runs don't build on one another, and what was decided
since changes no proposal. The very same rules give no difference; if recon itself has changed since the run, the
column `cause` says which lines that moved. Rules of reading (`currency`, `profiles`, `controls.admit_unfooted`)
are not tried: what they left out then is not in the store. Runs of before store version 2 can't be replayed.
"""

_PROFILES = """\
## Column profiles

A profile is one YAML file of its own that says which column of a bank's, payer's or ledger's file is which.
Those that come with recon are in `rules/profiles/`; [profiles.md](profiles.md) says
how `recon profile` makes one of yours and where it is found, or name it under `profiles` of your rules file. A file
belongs to the profile whose `header` it has; `--profile NAME` settles a tie. `recon rules check FILE` says what is
wrong in a profile, too.
"""

_LAYOUTS = """\
## Posting layouts

A layout is one YAML file of its own that says how the fields of a ledger's posting file stand. Those that come with
recon are in `rules/postings/`; [posting.md](posting.md#a-layout-of-your-own) says how to make one of yours.
`recon rules check FILE` says what is wrong in a layout, too.
"""

_WORDS: dict[Any, str] = {
    bool: "`true` or `false`",
    int: "whole number",
    float: "number",
    Decimal: "number",
    str: "text",
}


def page() -> str:
    """The whole page as Markdown."""
    parts = [_OPENING, "\n".join(_sections(Rules, "", "All keys")), _PROFILES]
    parts.append("\n".join(_sections(Profile, "", "Keys of a profile", level=3)))
    parts.append(_LAYOUTS)
    parts.append("\n".join(_sections(Layout, "", "Keys of a layout", level=3)))
    return "\n".join(parts).rstrip() + "\n"


def keys(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """The path of every key of a model, parents first: `tolerances.NAME.absolute`, `deductions[].rate`."""
    for name, field in model.model_fields.items():
        here = f"{path}{name}"
        yield here
        inner, step = _part(field.annotation)
        if inner is not None:
            yield from keys(inner, f"{here}{step}.")


def _sections(model: type[BaseModel], path: str, title: str, level: int = 2) -> Iterator[str]:
    """A heading, what the part is, a table of its own keys; then the same for each part inside it."""
    yield f"{'#' * level} {title}\n"
    yield f"{_sentence(model.__doc__)}\n"
    yield "| key | takes | default | meaning |"
    yield "|---|---|---|---|"
    below: list[tuple[type[BaseModel], str]] = []
    for name, field in model.model_fields.items():
        inner, step = _part(field.annotation)
        if inner is not None and not any(known is inner for known, _ in below):
            below.append((inner, f"{path}{name}{step}"))
        yield _row(name, field, inner, step, meanings(model).get(name, ""))
    yield ""
    for inner, where in below:
        if inner.__name__ != "Use":  # its two keys are told once, in words
            yield from _sections(inner, f"{where}.", f"`{where}`", level + (level == 2))  # noqa: PLR2004 - h2
        else:
            yield "Each kind of evidence takes two keys:\n"
            yield from (f"- `{name}`: {meaning}" for name, meaning in meanings(inner).items())
            yield ""


def _row(name: str, field: FieldInfo, inner: type[BaseModel] | None, step: str, said: str) -> str:
    takes = (
        _takes(field)
        if inner is None
        else {"": "keys below", "[]": "list, keys below"}.get(step, "by name, keys below")
    )
    default = (
        "**needed**" if field.is_required() else _default(field.get_default(call_default_factory=True), inner)
    )
    meaning = said or (_sentence(inner.__doc__) if inner is not None else "")
    return f"| `{name}` | {takes} | {default} | {' '.join(meaning.split())} |".replace("  ", " ")


def _default(value: Any, inner: type[BaseModel] | None) -> str:
    """A default as one would write it in YAML; of parts, only what differs from their own defaults."""
    if isinstance(value, BaseModel):
        changed = {
            name: getattr(value, name)
            for name, field in type(value).model_fields.items()
            if inner is not None and getattr(value, name) != field.get_default(call_default_factory=True)
        }
        return ", ".join(f"`{name}: {_yaml(one)}`" for name, one in changed.items())
    if inner is not None:
        return "none" if not value else ", ".join(f"`{name}`" for name in value)
    return "empty" if value in ("", (), {}, None) else f"`{_yaml(value)}`"


def _yaml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "[" + ", ".join(_yaml(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(one)}" for key, one in value.items()) + "}"
    return str(value)


def _takes(field: FieldInfo) -> str:
    """What a key takes, in words, with its limits."""
    text = _type(field.annotation, field.metadata)
    return text.replace("|", "\\|")


def _type(annotation: Any, metadata: list[Any]) -> str:  # noqa: PLR0911 - one return for each kind of type
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(arguments[0], [*arguments[1:], *metadata])
    if origin is typing.Literal:
        return " or ".join(f"`{one}`" if one else "empty" for one in arguments)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(one, []) for one in arguments if one is not type(None))
    if origin is tuple:
        return f"list: {_type(arguments[0], [])}"
    if origin is dict:
        return f"mapping: {_type(arguments[1], [])}"
    if isinstance(annotation, EnumType):
        return " or ".join(f"`{one.value}`" for one in annotation)  # type: ignore[var-annotated]
    pattern = any(getattr(one, "func", None) for one in metadata)  # see parts.Pattern
    return ("pattern" if pattern else _WORDS[annotation]) + _limits(metadata)


def _limits(metadata: list[Any]) -> str:
    flat = [inner for one in metadata for inner in (getattr(one, "metadata", None) or [one])]
    low = next((one.ge for one in flat if isinstance(one, Ge)), None)
    high = next((one.le for one in flat if isinstance(one, Le)), None)
    longest = next((one.max_length for one in flat if isinstance(one, MaxLen)), None)
    if low is not None and high is not None:
        return f", {low} to {high}"
    if low is not None:
        return f", {low} or more"
    return f", at most {longest} characters" if longest else ""


def _part(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """The model inside an annotation and how one steps to it: '' itself, '[]' in a list, '.NAME' by name."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return next((found for one in arguments if (found := _part(one))[0] is not None), (None, ""))
    if origin is tuple and _part(arguments[0])[0] is not None:
        return _part(arguments[0])[0], "[]"
    if origin is dict and _part(arguments[1])[0] is not None:
        return _part(arguments[1])[0], ".NAME"
    return None, ""


def _sentence(doc: str | None) -> str:
    return " ".join((doc or "").split())


if __name__ == "__main__":
    sys.stdout.write(page())
