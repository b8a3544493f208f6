"""MT940 and MT942: SWIFT's statement lines, as banks write them in the wild.

A machine over lines: tags make fields, fields make pages (one message each), pages linked by 60M/62M make a
statement. One `:61:` is one row. Whatever one line gets wrong costs that line, never the file.
Source: SWIFT MT940/942 Customer Statement Message, and the banks' own descriptions of their `:86:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from recon.ingest import decoding, findings, finish, mt940_columns, mt940_entry
from recon.ingest.bank import Lines, Page, assemble
from recon.ingest.mt940_columns import Entries
from recon.ingest.mt940_entry import Balance
from recon.ingest.mt940_fields import Field, Run, fields
from recon.ingest.source import Claim, Reader, Request, Source
from recon.model import Kind, Reading
from recon.problems import Problem

_MINE = re.compile(rb"(?m)^[^\n]{0,4}:?(25P?|28C?):")
# Blanks but no breaks: a pattern that runs through empty lines begins anew at each of them.
_MINE_TOO = re.compile(rb"(?m)^[^\S\n]*:?(60[FM]:[CDcd]|62[FM]:[CDcd]|61:\d{6}|34F:|13D?:)")


_TOGETHER = 16_000  # entries that are read as columns at a time


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
    begun: bool = False  # an entry is there
    entry: Field | None = None  # the last one, until it is whole
    texts: list[Sequence[str]] = field(default_factory=list)  # the lines of its `:86:`
    undated: list[tuple[Field, list[Sequence[str]]]] = field(default_factory=list)


def claims(source: Source, request: Request) -> list[Claim]:
    """Whether the file has the tags of a statement at the beginnings of lines."""
    if request.profile or not decoding.is_text(source.head):
        return []
    head = source.head.replace(b"\r", b"\n")
    if not _MINE.search(head) or not _MINE_TOO.search(head):
        return []
    return [Claim("", Kind.BANK, partial(_read, source, request))]


def _read(source: Source, request: Request) -> Reading:
    blocks = decoding.Blocks(source)
    junk: list[int] = []
    file = _File(source)
    file.through(fields(blocks, junk))
    problems = file.problems
    if blocks.lost:
        what = f"{blocks.lost:,} characters are in no encoding that is known"
        problems.insert(0, Problem("encoding", source.name, what, "ask the bank for UTF-8"))
    problems += findings.spans(junk, source.at, "between statements, no field that is known")
    form = "mt940" if file.balanced else "mt942"
    lines = file.lines.frame()
    lines = lines if lines["position"].is_sorted() else lines.sort("position")
    table, statements, more = assemble(source, file.pages, lines, request.currency_default)
    return finish.reading(
        source, form, "", Kind.BANK, table=table, statements=statements, problems=[*problems, *more]
    )


@dataclass
class _File:
    """Goes through the fields: messages as far as they are read, lines as soon as they are whole."""

    source: Source
    pages: list[Page] = field(default_factory=list)
    lines: Lines = field(default_factory=Lines)
    problems: list[Problem] = field(default_factory=list)
    balanced: bool = False  # whether any balance is there
    _message: _Message | None = None
    _plain: Entries = field(default_factory=Entries)

    def through(self, found: Iterable[Field | Run]) -> None:
        """All fields of a file."""
        for part in found:
            if isinstance(part, Field):
                self._part(part)
            elif not self._together(part):
                for one in part.fields():
                    self._part(one)
        head = self._message
        if self.balanced and head is not None and not (head.begun or head.opening or head.closing):
            what, hint = "the file ends within the head of this statement", "get the file again from the bank"
            self.problems.append(Problem("file-cut", self.source.at(head.position), what, hint))
        self._ended()
        self._read_plain()

    def _part(self, part: Field) -> None:
        if part.tag in ("61", "86") and self._message is not None:
            self._of_entry(self._message, part)
        elif part.tag not in ("940", "942", "NS"):
            self._of_message(part)

    def _together(self, run: Run) -> bool:
        """Take a run's entries, unless one hangs on what its message says."""
        message = self._message
        if message is None or message.closing is not None:
            return False
        if not all(map(mt940_entry.dated, {entry[:6] for entry in run.entries})):
            return False
        self._entry(message)
        message.begun = True
        self._plain.extend(len(self.pages), run)
        self._read_enough()
        return True

    def _of_message(self, part: Field) -> None:
        message = self._message
        self.balanced |= part.tag in ("60F", "60M", "62F", "62M")
        fresh = part.tag == "20" or (
            part.tag in ("60F", "60M") and message is not None and message.opening is not None
        )
        if message is None or fresh:
            self._ended()
            account, number = (message.account, message.number) if message and part.tag != "20" else ("", "")
            message = self._message = _Message(part.position, account, number)
        if part.tag in ("61", "86"):
            self._of_entry(message, part)
        else:
            _add(message, part)

    def _of_entry(self, message: _Message, part: Field) -> None:
        if part.tag == "61":
            self._entry(message)
            message.entry, message.begun = part, True
        elif message.entry is not None and message.closing is None:
            message.texts.append(part.lines)

    def _entry(self, message: _Message) -> None:
        """The entry that is open is whole. One whose days are to be told by the statement's waits for that."""
        if message.entry is None:
            return
        one, texts = message.entry, message.texts
        message.entry, message.texts = None, []
        page = len(self.pages)
        if not mt940_entry.dated(one.lines[0]):
            message.undated.append((one, texts))
        elif len(one.lines) > 1:
            self._line(page, one, texts)
        else:
            text = "\n".join(line for lines in texts for line in lines)
            self._plain.extend(page, Run([one.lines[0]], [text], [one.position]))
            self._read_enough()

    def _read_enough(self) -> None:
        if len(self._plain.entries) >= _TOGETHER:
            self._read_plain()

    def _read_plain(self) -> None:
        """Entries that may be plain: most are, and are read together."""
        some, self._plain = self._plain, Entries()
        lines, left = mt940_columns.read(some)
        self.lines.extend(lines)
        for at in left:
            one = Field("61", [some.entries[at]], some.positions[at])
            self._line(some.pages[at], one, [some.texts[at].split("\n")])

    def _line(
        self, page: int, one: Field, texts: Sequence[Sequence[str]], fallback: date | None = None
    ) -> None:
        line, found = mt940_entry.read(one.lines, texts, one.position, fallback)
        if found:
            self.problems += [
                Problem(code, self.source.at(one.position), what, hint) for code, what, hint in found
            ]
        if line is not None:
            self.lines.add(page, line)

    def _ended(self) -> None:
        """The message that is open becomes a page."""
        message = self._message
        if message is None:
            return
        self._entry(message)
        balances = (message.closing, message.opening)
        fallback = next((balance.day for balance in balances if balance and balance.day), None)
        for one, texts in message.undated:
            self._line(len(self.pages), one, texts, fallback)
        self.pages.append(_page(message, self.source, self.problems))
        self._message = None


def _add(message: _Message, part: Field) -> None:
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
    """A message as a page, and what is wrong with its balances."""
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
    broken = ""
    if opening and closing and opening.currency and closing.currency and opening.currency != closing.currency:
        broken = f"its opening balance is in {opening.currency}, its closing balance in {closing.currency}"
    return Page(
        position=message.position,
        account=mt940_entry.account(message.account, currency),
        number=message.number,
        currency=currency,
        opening=opening.amount if opening else None,
        closing=closing.amount if closing else None,
        begins=message.begins,
        ends=message.ends,
        broken=broken,
    )


READER = Reader("mt940", claims)
