"""The audit pack as one page of HTML that needs nothing beside it: readable, printable, nothing of it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from recon.flow.trail import Trail

SHOWN_MAX: Final = 2_000  # steps on the page; steps.csv has all
LINES_MAX: Final = 200
_STYLE: Final = """
body { font: 14px/1.4 "Segoe UI", "Helvetica Neue", Arial, sans-serif; color: #1b2733; }
body { margin: 2em auto; max-width: 82em; }
h1 { font-size: 1.5em; margin: 0 0 .2em; } h2 { font-size: 1.1em; margin: 1.8em 0 .4em; }
p { margin: .3em 0; } .quiet { color: #5b6875; } .bad { color: #a11; font-weight: 600; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3em .5em; }
th { background: #e8edf2; font-weight: 600; } td { border-bottom: 1px solid #dde3e9; overflow-wrap: anywhere; }
td.number { text-align: right; white-space: nowrap; } td.at { white-space: nowrap; } code { font-size: .85em; }
tr.refused td { background: #fbf0ef; } tr.back td, tr.moved td { background: #fdf6e3; }
tr.posted td { background: #eef6ee; }
@media print { body { margin: 0; max-width: none; font-size: 10px; } tr { break-inside: avoid; } }
"""
_CHECK: Final = (
    "<p>Each step names the link of the store's hash chain that holds it; <code>recon audit verify</code> works the "
    "chain out anew, <code>recon audit reperform RUN</code> runs a run again from the inputs and rules that the "
    "store kept. <code>manifest.json</code> has the SHA-256 of each file of this pack.</p>"
)
_ROW: Final = {"refused": "refused", "taken back": "back", "moved": "moved", "posted": "posted"}


def page(made: Trail, ids: Sequence[str], tables: Mapping[str, pl.DataFrame]) -> str:
    """The whole page, made of what the pack's tables hold: masked, where these are."""
    steps = tables["steps.csv"]
    parts = [
        f"<h1>How it came to be: {made.subject.value} {escape(made.word)}</h1>",
        *_meant(made.word, ids),
        _state(made),
        "<h2>Bank lines</h2>",
        _lines(tables["lines.csv"]),
        "<h2>Steps, in the order in which they were written down</h2>",
        _few(steps, SHOWN_MAX, "steps.csv"),
        _steps(steps.head(SHOWN_MAX)),
        "<h2>Files that were read</h2>",
        _inputs(tables["inputs.csv"]),
        "<h2>To check it</h2>",
        _CHECK,
    ]
    title = escape(f"{made.subject.value} {made.word}")
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n" + "\n".join(parts) + "\n</body>\n</html>\n"
    )


def _meant(word: str, ids: Sequence[str]) -> list[str]:
    others = [one for one in ids if one != word]
    return [f'<p class="quiet">that is {escape(", ".join(others))}</p>'] if others else []


def _state(made: Trail) -> str:
    found = made.verified
    whole = not found.breaks
    chain = (
        f"The store's hash chain is as it was written: {found.links:,} links over {found.rows:,} rows."
        if whole
        else "The store's hash chain is NOT as it was written: " + "; ".join(found.breaks[:5])
    )
    shown = (
        "Names and numbers of persons are shown as they are; that was noted in the store."
        if made.unmasked
        else "Names and numbers of persons are masked; one person has one number in all files of this pack."
    )
    told = "".join(f"<p>{escape(one)}</p>" for one in found.erased)
    return (
        f"<p{'' if whole else chr(32) + 'class=' + chr(34) + 'bad' + chr(34)}>{escape(chain)}</p>"
        f"<p>Last hash <code>{found.head}</code></p>{told}<p>{shown}</p>"
    )


def _few(frame: pl.DataFrame, most: int, name: str) -> str:
    return (
        f'<p class="quiet">the first {most:,} of {frame.height:,}; {name} has all</p>'
        if frame.height > most
        else ""
    )


def _lines(lines: pl.DataFrame) -> str:
    shown = lines.head(LINES_MAX)
    columns = ("line_id", "booking_date", "amount", "currency", "counterparty", "reference", "narrative")
    rows = ([(_class(name), _said(row[name])) for name in columns] for row in shown.iter_rows(named=True))
    heads = ("Line", "Booked", "Amount", "", "Payer", "Reference", "Text")
    return _few(lines, LINES_MAX, "lines.csv") + _table(heads, (("", row) for row in rows))


def _steps(steps: pl.DataFrame) -> str:
    heads = ("", "When", "What", "Line", "Document", "Amount", "By", "Why", "Details", "Held by")
    return _table(heads, (_step(row) for row in steps.iter_rows(named=True)))


def _step(row: Mapping[str, object]) -> tuple[str, list[tuple[str, str]]]:
    deduction = _said(row["deduction"])
    less = (
        f"<br>less {deduction} {_said(row['deduction_type'])}" if deduction.strip("-0.") and deduction else ""
    )
    money = " ".join(one for one in (_said(row["amount"]), _said(row["currency"])) if one)
    document = _said(row["document"]) or _said(row["item_id"]) or _said(row["payer"])
    whose = _said(row["customer_id"])
    why = [one for one in (_said(row["why"]), f"“{_said(row['note'])}”" if row["note"] else "") if one]
    batch = f"<br>posting file {_said(row['batch_id'])}" if row["batch_id"] else ""
    run = f"<br>run {_said(row['run_id'])}" if row["run_id"] else ""
    rules = f"<br>rules <code>{_said(row['rules_sha256'])[:12]}</code>" if row["rules_sha256"] else ""
    file = f"<br>file <code>{_said(row['input_sha256'])[:12]}</code>" if row["input_sha256"] else ""
    held = f"link {_said(row['link'])}<br><code>{_said(row['link_hash'])[:12]}</code>" if row["link"] else ""
    cells = [
        ("number", _said(row["step"])),
        ("at", _said(row["at"])[:16].replace("T", " ")),
        ("", _said(row["what"])),
        ("", _said(row["line_id"])),
        ("", document + (f"<br>of {whose}" if whose else "")),
        ("number", money + less),
        ("", _said(row["who"])),
        ("", "<br>".join(why)),
        ("", _said(row["detail"]) + run + rules + file + batch),
        ("", held),
    ]
    return _ROW.get(str(row["what"]), ""), cells


def _inputs(inputs: pl.DataFrame) -> str:
    columns = ("run_id", "path", "kind", "format", "profile", "row_count", "digest")
    rows = ([(_class(name), _said(row[name])) for name in columns] for row in inputs.iter_rows(named=True))
    return _table(
        ("Run", "File", "Kind", "Format", "Profile", "Rows", "SHA-256"), (("", row) for row in rows)
    )


def _class(name: str) -> str:
    return "number" if name in ("amount", "row_count") else ""


def _said(value: object) -> str:
    return "" if value is None else escape(str(value))


def _table(heads: Sequence[str], rows: Iterable[tuple[str, Sequence[tuple[str, str]]]]) -> str:
    """A table; the cells are HTML already."""
    body = []
    for kind, cells in rows:
        inside = "".join(f'<td class="{of}">{cell}</td>' if of else f"<td>{cell}</td>" for of, cell in cells)
        body.append(f'<tr class="{kind}">{inside}</tr>' if kind else f"<tr>{inside}</tr>")
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n" + "\n".join(body) + "\n</tbody>\n</table>"
