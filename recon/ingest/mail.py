"""E-mails as files (.eml): attachments read by whoever reads such files, and tables in the text.

A row's source is the mail and the part, `mail.eml:advice.csv`. Who sent it and under which subject is never told.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import polars as pl

from recon.ingest import findings, mail_body, mail_parts, twins
from recon.ingest.mail_parts import Leaf, Parts
from recon.ingest.source import Budget, Claim, Reader, Request, Source, part_of
from recon.model import Kind, Reading
from recon.problems import Problem, ReconError

ReadPart = Callable[[Source, Request], Reading]

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MESSAGE: Final = "__substg1.0_".encode("utf-16-le")  # a property of an Outlook message
_TNEF: Final = b"\x78\x9f\x3e\x22"
_NOBODYS: Final = frozenset(["file-unknown", "column-missing"])  # no table of any profile
_SAVE: Final = "save what is in it as files, and give these"


def reader(read_part: ReadPart) -> Reader:
    """The reader of mails; `read_part` reads a part as the file that it is."""
    return Reader("mail", partial(_claims, read_part), alone=True)


def _claims(read_part: ReadPart, source: Source, request: Request) -> list[Claim]:
    """Whether the file is a mail.

    Raises:
        ReconError: `file-unknown` for an Outlook message (.msg).
    """
    if source.head.startswith(_OLE) and _MESSAGE in source.data:
        hint = "open it in Outlook, save it as .eml or save its attachments, and give these"
        raise source.refusal("this is an Outlook message (.msg)", hint, "file-unknown")
    if not mail_parts.is_mail(source.head):
        return []
    return [
        Claim(request.profile, request.kind or Kind.REMITTANCE, partial(_read, read_part, source, request))
    ]


@dataclass
class _Found:
    """What a mail gave so far."""

    readings: list[Reading] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unread: list[Problem] = field(default_factory=list)  # parts that are no table of any profile


def _read(read_part: ReadPart, source: Source, request: Request) -> Reading:
    """All parts as one reading.

    Raises:
        ReconError: nothing in the mail could be read.
    """
    if request.depth >= mail_parts.DEPTH_MAX:
        raise source.refusal(f"more than {mail_parts.DEPTH_MAX} mails are packed into one another", _SAVE)
    parts = mail_parts.parts(source)
    budget = request.budget or Budget()  # mails in a mail share it
    inner = replace(request, advice=True, depth=request.depth + 1, budget=budget)
    found = _Found()
    # A PDF is mostly the printed form of the table beside it; the table is surer.
    for leaf in sorted(parts.attached, key=lambda one: one.content.startswith(b"%PDF")):
        _attached(found, read_part, part_of(source, leaf.label, leaf.content), inner)
    for group in parts.bodies:
        _body(found, read_part, source, group, inner)
    _unreadable(found, source, parts)
    kept = _kept(found, request.kind)
    if not kept:
        raise ReconError([*found.problems, *found.unread, _nothing(source, parts)])
    return _joined(source, kept, [*found.problems, *found.unread])


def _attached(found: _Found, read_part: ReadPart, part: Source, request: Request) -> None:
    if part.content is not None and part.content.startswith(_TNEF):
        what = "Outlook's own packing of attachments (winmail.dat) can't be read"
        hint = "ask for the mail in plain text or HTML, or save its attachments in Outlook and give these"
        found.problems.append(Problem("file-unknown", part.name, what, hint))
        return
    budget = request.budget if b"%PDF-" in part.head[:1024] else None
    if budget is not None and budget.spent:
        what = "the mail's other PDFs took all the time that a mail is given; this one was not read"
        found.problems.append(Problem("file-unreadable", part.name, what, _SAVE))
        return
    began = time.monotonic()
    try:
        found.readings.append(read_part(part, request))
    except ReconError as error:
        foreign = all(problem.code in _NOBODYS for problem in error.problems)
        (found.unread if foreign else found.problems).extend(error.problems)
    finally:
        if budget is not None:
            budget.spend(time.monotonic() - began)


def _body(
    found: _Found, read_part: ReadPart, source: Source, group: Sequence[Leaf], request: Request
) -> None:
    """The same text in several ways: the first that gives a table counts, HTML before plain text."""
    for leaf in sorted(group, key=lambda one: one.kind != "text/html"):
        part = part_of(source, leaf.label, leaf.content)
        try:
            if leaf.kind == "text/html":
                readings = mail_body.of_html(part, request)
            else:
                readings = _plain(read_part, part, request)
        except ReconError as error:
            found.problems += error.problems
            continue
        if readings:
            found.readings += readings
            return


def _plain(read_part: ReadPart, part: Source, request: Request) -> list[Reading]:
    """Plain text: a file of its own that was pasted in, or a table in columns."""
    try:
        return [read_part(part, request)]
    except ReconError as error:
        if any(problem.code not in _NOBODYS for problem in error.problems):
            raise
    return mail_body.of_text(part, request)


def _unreadable(found: _Found, source: Source, parts: Parts) -> None:
    for label in parts.encrypted:
        what = "this part of the mail is encrypted, or signed in one piece with its text (S/MIME)"
        hint = "open it in your mail program and save what is in it as files"
        found.problems.append(Problem("file-locked", source.at(label), what, hint))
    for label in parts.pictures:
        what = "a picture is attached; nothing of it was read"
        hint = "if it is an advice, ask its sender for a PDF with text or a CSV file"
        found.problems.append(Problem("file-image", source.at(label), what, hint))
    for label in parts.too_deep:
        what = f"more than {mail_parts.DEPTH_MAX} mails are packed into one another; this one was not read"
        found.problems.append(Problem("file-unreadable", source.at(label), what, _SAVE))


def _kept(found: _Found, kind: Kind | None) -> list[Reading]:
    """The readings of one kind; of one advice that is in the mail in several forms the first."""
    kinds = [reading.kind for reading in found.readings]
    wanted = kind or next(
        (one for one in kinds if one is Kind.REMITTANCE), kinds[0] if kinds else Kind.REMITTANCE
    )
    kept: list[Reading] = []
    for reading in found.readings:
        if reading.kind is wanted:
            kept.append(reading)
            continue
        what = f"this part of the mail is a file of {reading.kind}, others are of {wanted}; it was left out"
        found.problems.append(Problem("file-kind", reading.path, what, _SAVE))
    kept, told = _first_copies(kept)
    found.problems += told
    if wanted is Kind.REMITTANCE:
        single, told = twins.once(kept, exact=False)
        pairs = zip(single, kept, strict=True)
        kept = [one for one, before in pairs if one.table.height or before.table.is_empty()]
        found.problems += told
    return kept


def _first_copies(readings: Sequence[Reading]) -> tuple[list[Reading], list[Problem]]:
    """Readings without what is a copy, byte by byte, of a part before it: a mail that was forwarded holds it again.

    A mail within the mail has a fingerprint of its own, but its statements have their part's.
    """
    first: dict[str, str] = {}
    kept, problems = [], []
    for reading in readings:
        own = [one.statement_id for one in reading.statements] or [reading.digest]
        again = [name for name in own if first.setdefault(name, reading.path) != reading.path]
        if again:
            what = f"the same bytes as {first[again[0]]}; they count once"
            problems.append(Problem("file-twice", reading.path, what))
        if len(again) == len(own):
            continue
        if again:
            rest = [one for one in reading.statements if one.statement_id not in again]
            table = reading.table.filter(~pl.col("statement_id").is_in(again))
            reading = replace(reading, table=table, statements=tuple(rest))  # noqa: PLW2901 - what is left of it
        kept.append(reading)
    return kept, problems


def _joined(source: Source, kept: Sequence[Reading], problems: Sequence[Problem]) -> Reading:
    """Several readings as the mail's."""
    # A row's digest is the mail's; tables of customers and their aliases have none.
    digest = pl.lit(source.digest).alias("digest")
    tables = [
        reading.table.with_columns(digest) if "digest" in reading.table.columns else reading.table
        for reading in kept
    ]
    names = list(dict.fromkeys(reading.profile for reading in kept if reading.profile))
    said = [problem for reading in kept for problem in reading.problems]
    return Reading(
        path=source.name,
        digest=source.digest,
        kind=kept[0].kind,
        format="mail",
        profile=names[0] if len(names) == 1 else "",
        table=pl.concat(tables, how="diagonal"),
        statements=tuple(statement for reading in kept for statement in reading.statements),
        problems=tuple(findings.limited([*said, *problems], source.name)),
    )


def _nothing(source: Source, parts: Parts) -> Problem:
    """What a mail holds, where nothing of it could be read."""
    kinds = Counter(_in_words(leaf) for leaf in parts.attached)
    kinds["picture"] += len(parts.pictures)
    held = [
        f"{count} {kind if count == 1 else _PLURALS.get(kind, kind + 's')}"
        for kind, count in sorted(kinds.items())
        if count
    ]
    text = "text" if any(parts.bodies) else "no text"
    what = f"the mail has {text} and {', '.join(held) or 'no attachment'}, and no table that a profile knows"
    hint = "write a profile for its table, or ask for the advice as a CSV file"
    return Problem("file-unknown", source.name, what, hint)


_PLURALS: Final = {
    "workbook or archive": "workbooks or archives",
    "attachment of another kind": "attachments of another kind",
}


def _in_words(leaf: Leaf) -> str:
    if leaf.content.startswith(b"%PDF"):
        return "PDF document"
    if leaf.content.startswith(b"PK\x03\x04"):
        return "workbook or archive"
    return "attachment of another kind" if b"\x00" in leaf.content[:1000] else "text file"
