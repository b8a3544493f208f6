"""MT940 and MT942: SWIFT's statement lines, as banks write them in the wild.

A machine over lines: tags make fields, fields make pages (one message each), pages linked by 60M/62M make a
statement. One `:61:` is one row. Whatever one line gets wrong costs that line, never the file.
Source: SWIFT MT940/942 Customer Statement Message, and the banks' own descriptions of their `:86:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple

from recon.ingest import decoding, findings, finish, mt940_entry
from recon.ingest.bank import Line, Page, assemble
from recon.ingest.mt940_entry import Balance
from recon.ingest.source import Claim, Reader, Request, Source
from recon.model import Kind, Reading
from recon.problems import Problem

_TAG = re.compile(r"^\s*:(\d{2}[A-Z]?|NS|94[02]):(.*)$")
_BARE = re.compile(r"^\s*(20|25|28C?|60[FM]|61|62[FM]|86):(.*)$")  # some write no colon before the tag
_KNOWN: Final = frozenset(
    [
        "20",
        "21",
        "25",
        "28",
        "28C",
        "60F",
        "60M",
        "61",
        "62F",
        "62M",
        "64",
        "65",
        "86",
        "13",
        "13D",
        "34F",
        "90C",
        "90D",
        "NS",
        "940",
        "942",
    ]
)
_BALANCES: Final = ("60F", "60M", "62F", "62M", "64", "65")
_LIKE_A_TIME: Final = ("13", "20", "21", "25", "28")
_END = re.compile(r"^\s*-(\}.*|[A-Z]{3}|å)?\s*$")
# Envelopes round a message: {1:...}, BIC lines, "940 00", "0000 01INGB...".
_WRAPPER = re.compile(r"^\s*(\{.*|.?4:|[A-Z]{6}[A-Z0-9]{2,6}|94[02]( \d\d)?|0000 \d\d.*|\$.*|-?\})\s*$")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x0c\x0e-\x1f\ufeff]"
)  # DOS ends of file, ETX, BOMs of files put together
_BREAK = re.compile(r"\r\n|\n|\r")
_MINE = re.compile(rb"(?m)^[^\n]{0,4}:?(25P?|28C?):")
# Blanks but no breaks: a pattern that runs through empty lines begins anew at each of them.
_MINE_TOO = re.compile(rb"(?m)^[^\S\n]*:?(60[FM]:[CDcd]|62[FM]:[CDcd]|61:\d{6}|34F:|13D?:)")


class Field(NamedTuple):
    """One tag with its lines."""

    tag: str
    lines: tuple[str, ...]
    position: int


@dataclass
class _Message:
    """One message as far as it is read."""

    position: int
    account: str = ""
    number: str = ""
    opening: Balance | None = None
    closing: Balance | None = None
    begins: bool = True  # 60F, no page before it
    ends: bool = True  # 62F, no page behind it
    currency: str = ""
    entries: list[tuple[Field, list[Field]]] = field(default_factory=list)


def claims(source: Source, request: Request) -> list[Claim]:
    """Whether the file has the tags of a statement at the beginnings of lines."""
    if request.profile or not decoding.is_text(source.head):
        return []
    head = source.head.replace(b"\r", b"\n")
    if not _MINE.search(head) or not _MINE_TOO.search(head):
        return []
    return [Claim("", Kind.BANK, partial(_read, source, request))]


def _read(source: Source, request: Request) -> Reading:
    decoded = decoding.decode(source.data)
    problems: list[Problem] = []
    if decoded.lost:
        what = f"{decoded.lost:,} characters are in no encoding that is known"
        problems.append(Problem("encoding", source.name, what, "ask the bank for UTF-8"))
    junk: list[int] = []
    found = list(_fields(_CONTROL.sub("", decoded.text), junk))
    problems += findings.spans(junk, source.at, "between statements, no field that is known")
    form = "mt940" if any(part.tag in ("60F", "60M", "62F", "62M") for part in found) else "mt942"
    pages = [_page(message, source, problems) for message in _messages(found)]
    table, statements, more = assemble(source, pages, request.currency_default)
    return finish.reading(
        source, form, "", Kind.BANK, table=table, statements=statements, problems=[*problems, *more]
    )


def _fields(text: str, junk: list[int]) -> Iterator[Field]:
    """The fields of a file; lines that belong to none go to `junk`, but for the wrappers that banks put round."""
    lines = _BREAK.split(text)
    tag, collected, began = "", list[str](), 0
    for number, line in enumerate(lines, 1):
        first = line.lstrip()[:1]
        # Most lines go on with a text, and their first character says so.
        start = _starts(line, tag, lines, number) if first == ":" or first.isdigit() else None
        if start is not None or first == "{" or (first == "-" and _END.match(line)):
            if tag:
                yield Field(tag, tuple(collected), began)
            tag, collected, began = "", [], number
            if start is not None:
                tag, collected = start[0], [start[1]]
        elif tag in ("86", "61", "NS") or (tag in ("28", "28C", "25") and re.fullmatch(r"\s*\d+\s*", line)):
            collected.append(line)
        elif line.strip() and not _WRAPPER.match(line):
            junk.append(number)
    if tag:
        yield Field(tag, tuple(collected), began)


def _starts(line: str, current: str, lines: Sequence[str], number: int) -> tuple[str, str] | None:
    """Tag and value if the line begins a field.

    Text may hold what looks like a tag (a time broken over the line: `:20:37`): inside of text a tag counts only
    where its value looks like one, or another tag follows.
    """
    match = _TAG.match(line)
    bare = match is None
    match = match or _BARE.match(line)
    if match is None or match[1] not in _KNOWN:
        return None
    tag, value = match[1], match[2]
    inside = current in ("61", "86")
    if bare and tag not in ("61", "86") and tag not in _BALANCES:
        likely = not inside
    elif bare:
        likely = current == "61" if tag == "86" else re.match(r"\s*[CDcd]?\d{6}", value) is not None
    else:
        likely = not inside or tag not in _LIKE_A_TIME or _follows(tag, lines[number:])
    return (tag, value) if likely else None


def _follows(tag: str, behind: Sequence[str]) -> bool:
    """Whether the next field is one that can follow this tag at the beginning of a message."""
    text = next((line for line in behind if line.strip()), "")
    match = _TAG.match(text) or _BARE.match(text)
    return match is not None and (match[1] not in ("61", "86", "62F", "62M") or tag in ("13", "28"))


def _messages(fields: Sequence[Field]) -> Iterator[_Message]:
    message: _Message | None = None
    for part in fields:
        if part.tag in ("940", "942", "NS"):
            continue
        fresh = part.tag == "20" or (
            part.tag in ("60F", "60M") and message is not None and message.opening is not None
        )
        if message is None or fresh:
            if message is not None:
                yield message
            account, number = (message.account, message.number) if message and part.tag != "20" else ("", "")
            message = _Message(part.position, account, number)
        _add(message, part)
    if message is not None:
        yield message


def _add(message: _Message, part: Field) -> None:
    if part.tag == "61":
        message.entries.append((part, []))
        return
    if part.tag == "86":
        if message.entries and message.closing is None:
            message.entries[-1][1].append(part)
        return
    value = "".join(line.strip() for line in part.lines)
    if part.tag == "25":
        message.account = value
    elif part.tag in ("28", "28C"):
        message.number = value
    elif part.tag in ("60F", "60M"):
        message.opening, message.begins = mt940_entry.balance(value), part.tag == "60F"
    elif part.tag in ("62F", "62M"):
        message.closing, message.ends = mt940_entry.balance(value), part.tag == "62F"
    elif part.tag == "34F":
        message.currency = value[:3] if value[:3].isalpha() else ""


def _page(message: _Message, source: Source, problems: list[Problem]) -> Page:
    """A message with its lines read; an entry that can't be read is a problem."""
    opening, closing = message.opening, message.closing
    currency = message.currency or next((balance.currency for balance in (opening, closing) if balance), "")
    for balance, name in ((opening, "opening"), (closing, "closing")):
        if balance is not None and (balance.day is None or balance.amount is None):
            what = f"the {name} balance has no {'date' if balance.amount is not None else 'amount'} that can be read"
            problems.append(
                Problem(
                    "value-date" if balance.amount is not None else "value-amount",
                    source.at(message.position),
                    what,
                )
            )
    fallback = next((balance.day for balance in (closing, opening) if balance and balance.day), None)
    lines: list[Line] = []
    for part, texts in message.entries:
        line, found = mt940_entry.read(part.lines, [text.lines for text in texts], part.position, fallback)
        problems += [Problem(code, source.at(part.position), what, hint) for code, what, hint in found]
        if line is not None:
            lines.append(line)
    return Page(
        position=message.position,
        account=mt940_entry.account(message.account, currency),
        number=message.number,
        currency=currency,
        opening=opening.amount if opening else None,
        closing=closing.amount if closing else None,
        begins=message.begins,
        ends=message.ends,
        lines=lines,
    )


READER = Reader("mt940", claims)
