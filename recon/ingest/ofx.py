"""OFX and QFX: bank and card statements as banks let them be downloaded. A STMTTRN is a bank line.

The text is cut at the transactions; their values are read as columns, and only what stands between is walked through.
Sources: Open Financial Exchange 1.0.3 to 2.2, chapter 11, and files that banks really give out.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Final

import polars as pl

from recon.ingest import columnar, finish, ofx_entries, ofx_text
from recon.ingest.ofx_statements import Walk, around
from recon.ingest.source import Claim, Reader, Request, Source
from recon.model import Kind, Reading
from recon.problems import Problem, ReconError

_BEGIN: Final = "<STMTTRN>"
_END: Final = "</STMTTRN>"
_TOGETHER: Final = 1 << 23  # characters of transactions that are read as columns at a time
_LEFT_OUT: Final = ("entry-unread", "value-amount", "value-scale")
_OTHER_END: Final = re.compile(
    r"</?(?:BANKTRANLIST|CCTRANLIST|INVTRANLIST|INVBANKTRAN|\w*STMTRS|LEDGERBAL|OFX)>"
)
_NO_STATEMENT: Final = "download the account's transactions: what only signs in, or says an error, has none"
# What is no statement's transaction, and what is said of it.
_NO_LINES: Final = (
    (
        "<STMTTRNP>",
        "entry-unbooked",
        "pending transactions: {}; they are not booked and were left out",
        "nothing to do: they come again when they are booked",
    ),
    (
        "<INVTRAN>",
        "row-text",
        "investment transactions: {}; they are no bank lines and were left out",
        "nothing to do: what they move on an account stands in its own statement",
    ),
    (
        "<XFERINFO>",
        "row-text",
        "transfers: {}; they are orders, no bank lines, and were left out",
        "nothing to do: they stand in the account's statement when they are booked",
    ),
)


def claims(source: Source, request: Request) -> list[Claim]:
    """Whether the file has OFX's root or header."""
    if request.profile or not ofx_text.is_mine(source.head):
        return []
    return [Claim("", Kind.BANK, partial(_read, source, request))]


def _read(source: Source, request: Request) -> Reading:
    text, problems = ofx_text.text_of(source)
    problems += _said(text, source)
    entries, walk = _parted(text)
    if not (walk.statements or problems):
        raise ReconError(
            Problem("file-empty", source.name, "the OFX file has no statement in it", _NO_STATEMENT)
        )
    if _is_cut(text):
        walk.cut()
    marks = ofx_entries.Marks(plain=text.isascii(), entities="&" in text)
    default = request.currency_default
    problems += _torn(text, entries, source)
    del text  # before its values are taken out of it
    before = sum(some.height for some in entries)
    parts, found, more = list[pl.DataFrame](), list[Problem](), list[Problem]()
    while entries:
        made, left_out, cut = _lines(entries.popleft(), marks, walk, default, source)
        parts.append(made)
        found += left_out
        more += cut
    found.sort(key=lambda one: (one.code, one.what))  # on one line they come as the blocks end, else
    lines, twice = ofx_entries.numbered(columnar.joined(parts), source)
    more += twice
    heads = [one.head(request.currency_default) for one in walk.statements]
    table, statements, said = columnar.assemble(source, heads, lines)
    gone = sum(problem.code in _LEFT_OUT for problem in found)
    assert table.height + gone == before, "a transaction got lost"
    problems += [*found, *more, *said]
    return finish.reading(source, "ofx", "", Kind.BANK, table=table, statements=statements, problems=problems)


def _lines(
    some: pl.DataFrame, marks: ofx_entries.Marks, walk: Walk, default: str, source: Source
) -> tuple[pl.DataFrame, list[Problem], list[Problem]]:
    """The bank lines of some transactions, what is said of those that are odd, and of texts that were cut."""
    entries = ofx_entries.fields(some, marks)
    entries = entries.with_columns(
        columnar.of_heads(entries, "currency", [one.currency for one in walk.statements]),
        columnar.of_heads(entries, "day", [one.day for one in walk.statements], pl.Date()),
    )
    own = pl.when(pl.col("currency") == "").then(pl.lit(default)).otherwise("currency")
    entries, found = ofx_entries.usable(entries.with_columns(own.alias("currency")), source)
    lines, cut = ofx_entries.lines(entries, source)
    return lines, found, cut


def _said(text: str, source: Source) -> list[Problem]:
    """What is in the file that is no line of a statement, and whether it is whole."""
    problems = []
    for tag, code, what, hint in _NO_LINES:
        count = text.count(tag)
        if count:
            at = 1 + text.count("\n", 0, text.find(tag))
            problems.append(Problem(code, source.at(at), what.format(count), hint))
    if _is_cut(text):
        hint = "ask for the file again"
        problems.append(Problem("file-cut", source.name, "the file ends before its last tag (</OFX>)", hint))
    return problems


def _is_cut(text: str) -> bool:
    """Whether the file ends before its last tag, which only blanks and the like may follow."""
    return "</OFX>" not in text[-4096:].upper()


def _parted(text: str) -> tuple[deque[pl.DataFrame], Walk]:
    """Transactions as (head, position, body), some at a time, and the statements they are of."""
    walk, parts = Walk(), deque[pl.DataFrame]()
    at = text.find(_BEGIN)
    before = text if at < 0 else text[:at]
    line = 1 + before.count("\n")
    head: int | None = None
    # What stands before a block opens the statement of its first transaction.
    between = [(-1, before, 1)]
    for some in _blocks(text, len(before)):
        frame = _pieces(some, line)
        line += some.count("\n")
        tails, between = [*between, *_tails(frame)], []
        if frame.height and tails and tails[-1][0] == frame.height - 1:
            between = [(-1, *tails.pop()[1:])]
        found = around(tails, walk, frame.height)
        if found and found[0] is None:
            found[0] = head
        heads = pl.Series(columnar.HEAD, found, dtype=pl.Int64).forward_fill()
        head = heads.item(-1) if found else head
        parts.append(frame.select(heads, "position", "body"))
    around(between, walk, 0)
    return parts, walk


def _torn(text: str, entries: deque[pl.DataFrame], source: Source) -> list[Problem]:
    """Take out the last transaction where the file ends within it: its amount may be cut, too."""
    at = text.rfind(_BEGIN)
    if at < 0 or text.find(_END, at) >= 0 or _OTHER_END.search(text, at):
        return []
    last = entries.pop()
    entries.append(last.head(last.height - 1))
    what = "the file ends within this entry; it was left out"
    return [Problem("entry-unread", source.at(last["position"].item(-1)), what, "ask for the file again")]


def _blocks(text: str, at: int) -> Iterator[str]:
    """The text from there on in blocks that begin with a transaction; an empty one if there is none."""
    while True:
        stop = text.find(_BEGIN, at + _TOGETHER)
        yield text[at:stop] if stop >= 0 else text[at:]
        if stop < 0:
            return
        at = stop


def _pieces(text: str, line: int) -> pl.DataFrame:
    """A block's transactions, with what stands behind each: (body, tail, position)."""
    frame = pl.DataFrame({"piece": text.split(_BEGIN)[1:]}, schema={"piece": pl.String()})
    ends = frame["piece"].str.splitn(_END, 2).struct.unnest()
    breaks = frame["piece"].str.count_matches("\n", literal=True).cast(pl.Int64)
    frame = pl.DataFrame(
        {
            "body": ends["field_0"],
            "tail": ends["field_1"],
            "position": line + breaks.cum_sum() - breaks,
        }
    )
    open_end = frame["tail"].is_null()
    return _ended(frame, open_end) if open_end.any() else frame  # SGML without the end tag


def _tails(pieces: pl.DataFrame) -> list[tuple[int, str, int]]:
    """What stands behind transactions: behind which, the text, its line."""
    filled = pieces.with_row_index("row").filter(pl.col("tail").str.contains(r"\S"))
    inside = filled["body"].str.count_matches("\n", literal=True).cast(pl.Int64)
    places = filled["position"] + inside
    return list(zip(filled["row"].to_list(), filled["tail"].to_list(), places.to_list(), strict=True))


def _ended(frame: pl.DataFrame, open_end: pl.Series) -> pl.DataFrame:
    """Transactions that no tag ends, cut where their list does."""
    at = open_end.arg_true()
    bodies, tails = [], []
    for text in frame["body"].gather(at):
        found = _OTHER_END.search(text)
        bodies.append(text[: found.start()] if found else text)
        tails.append(text[found.start() :] if found else "")
    return frame.with_columns(frame["body"].scatter(at, bodies), frame["tail"].scatter(at, tails))


READER = Reader("ofx", claims)
