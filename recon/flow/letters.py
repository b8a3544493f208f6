"""Letters to customers, out of a template: one HTML file for each, to print or to put into a mail. Nothing is sent.

The only file that knows the library of templates (Jinja2, BSD). A template is text of the user's: it runs in a
sandbox, can't open files, and what it is given is escaped, so that no name is markup.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import polars as pl
from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from recon import resources
from recon.flow import deliver, report
from recon.posting.generic import clean
from recon.problems import Problem, ReconError
from recon.reports import Inputs
from recon.reports.letters import Letter, letters

LIST: Final = "letters.csv"
_OWN: Final = "letter.html"
_NAME_MAX: Final = 60
# What a template may do wrong: its expressions are Python's.
_FAULTS: Final = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
_HINT: Final = "docs/reports.md says what a template may say; the one of recon is rules/letters/letter.html"


@dataclass(frozen=True)
class Written:
    """Letters that were written, with the file of each; as at which day; and what was wrong with the data."""

    letters: tuple[tuple[Letter, str], ...]
    as_of: date
    files: tuple[Path, ...]
    problems: tuple[Problem, ...]


def write(
    out: Path,
    store_url: str = "",
    book: Path | None = None,
    as_of: date | None = None,
    rules: str = "",
    data: Path | None = None,
    template: Path | None = None,
    only: Sequence[str] = (),
    *,
    statements: bool = False,
) -> Written:
    """Write the letters that the chase list has a step for today, and a list of them.

    Args:
        out: folder of the letters.
        store_url: the store; with a workbook, the one beside it.
        book: a workbook, whose sheets of month-end inputs count.
        as_of: the day of the letters; the latest as-of date of the runs, unless it is given.
        rules: a rules file; those of the last run, unless it is given.
        data: folder of month-end inputs (contacts, promises, plans, submissions).
        template: a template besides recon's own.
        only: numbers of customers; none = all.
        statements: a statement for every customer with open items.

    Raises:
        ReconError: letter-template; what `report.inputs_of` raises; EXIT_JOB if the folder can't be written.
    """
    page = _template(template)
    inputs, _given = report.inputs_of(store_url, book, as_of, rules, data, "recon letters", masks=False)
    _unknown(only, inputs)
    wanted = [one for one in letters(inputs, statements=statements) if not only or one.customer_id in only]
    said = inputs.rules.credit.letters
    names = _names(wanted)
    texts: dict[str, str | bytes] = {}
    for letter, name in zip(wanted, names, strict=True):
        try:
            texts[name] = page.render(letter=letter, sender=said.sender, pay_to=said.pay_to)
        except _FAULTS as error:
            raise _wrong(template, f"{_line(error)}{_plain(str(error))}") from error
    texts[LIST] = deliver.csv(_list(wanted, names))
    told = [*inputs.problems, *_old(out, texts)]
    if wanted and not (said.sender and said.pay_to):
        what = "the letters do not say who sends them, or where to pay"
        told.append(
            Problem("report-data", "credit.letters", what, "set sender and pay_to under it in the rules")
        )
    with deliver.ready(out, texts):
        files = deliver.write(out, texts)
    return Written(tuple(zip(wanted, names, strict=True)), inputs.as_of, tuple(files), tuple(told))


def _unknown(only: Sequence[str], inputs: Inputs) -> None:
    """Raises ReconError: input-missing, for numbers that no customer has."""
    known = {*inputs["open_items"]["customer_id"], *inputs["customers"]["customer_id"]}
    wrong = [one for one in only if one not in known]
    if wrong:
        near = get_close_matches(wrong[0].upper(), sorted(known), 1)
        hint = f"did you mean {near[0]}" if near else "give the customer's number as the ledger has it"
        raise ReconError(Problem("report-unknown", "--customer", f"there is no customer {wrong[0]}", hint))


def _old(out: Path, new: Mapping[str, object]) -> list[Problem]:
    """A problem where the folder holds letters of an earlier time beside the new ones."""
    left = sorted(path.name for path in out.glob("*.html") if path.name not in new) if out.is_dir() else []
    if not left:
        return []
    what = f"{len(left):,} other letters are in the folder, too, as {left[0]}; {LIST} does not list them"
    return [Problem("report-data", out.as_posix(), what, "move them away, lest they are posted again")]


def _template(path: Path | None) -> Template:
    """The template, or recon's own.

    Raises:
        ReconError: letter-template, if it can't be read or is none.
    """
    source = path or resources.folder("rules") / "letters" / _OWN
    environment = ImmutableSandboxedEnvironment(
        autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    environment.filters |= {"money": _money, "day": _day}
    try:
        return environment.from_string(source.read_text(encoding="utf-8"))
    except TemplateSyntaxError as error:
        raise _wrong(path, f"line {error.lineno}: {error.message}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise _wrong(path, f"it can't be read: {error}") from error


def _wrong(path: Path | None, what: str) -> ReconError:
    where = path.as_posix() if path else _OWN
    return ReconError(Problem("letter-template", where, what, _HINT))


def _line(error: BaseException) -> str:
    """Which line of the template was at work."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"
    ]
    return f"line {lines[-1]}: " if lines else ""


def _plain(text: str) -> str:
    """What was wrong, without the names that our own classes have."""
    return re.sub(r"'recon\.\S+\.(\w+) object'", lambda found: found[1].lower(), text)


def _money(amount: str) -> str:
    """An amount of decimal text with thousands; nothing stays nothing."""
    whole, point, cents = amount.lstrip("-").partition(".")
    grouped = f"{int(whole):,}" if whole else ""
    return f"{'-' if amount.startswith('-') else ''}{grouped}{point}{cents}"


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def _names(wanted: Sequence[Letter]) -> list[str]:
    """A file name for each letter that no text of theirs can turn into a path; two of one name are numbered."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for letter in wanted:
        stem = "_".join(
            re.sub(r"[^A-Za-z0-9-]+", "-", text).strip("-")[:_NAME_MAX] or "x"
            for text in (letter.customer_id, letter.currency, letter.step)
        )
        seen[stem.lower()] = seen.get(stem.lower(), 0) + 1
        names.append(f"{stem}{'' if seen[stem.lower()] == 1 else f'_{seen[stem.lower()]}'}.html")
    return names


def _list(wanted: Sequence[Letter], names: Sequence[str]) -> pl.DataFrame:
    """customer_id, name, currency, step, asked, balance, file: a row for each letter."""
    rows = [
        (one.customer_id, one.name, one.currency, one.step, one.asked, one.balance, name)
        for one, name in zip(wanted, names, strict=True)
    ]
    columns = ("customer_id", "name", "currency", "step", "asked", "balance", "file")
    told = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    return told.with_columns(clean(pl.col(name)).alias(name) for name in ("customer_id", "name", "step"))
