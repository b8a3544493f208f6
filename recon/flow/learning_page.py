"""The sheet Learning: what decisions suggest, with its evidence, a cell for what a person says to it, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol

import polars as pl

from recon.flow.calibration import Calibration, sentence
from recon.learn.answer import ASKED
from recon.workbook.columns import Kind as Shown
from recon.workbook.pages import PLAIN, Block, Cell, Head, Page

if TYPE_CHECKING:
    from recon.flow.learning import Known

KEY: Final = "learning"
NAME: Final = "Learning"
ROWS_MAX: Final = 2000  # shown and read back; recon learn list has all
_DECISION, _NOTE, _RESULT, _ID = "Decision", "Note", "Result", "Id"
_ABOUT: Final = (
    "What decisions teach. Nothing of it counts before somebody accepts it here; what was accepted can be withdrawn.",
    "Choose in Decision, then press Apply decisions (or recon apply). What two customers have had can't be accepted.",
    "What was accepted and decisions contradict since is held: it proposes, posts nothing, until it is confirmed.",
)
KINDS: Final = {
    "alias": "Payer's name",
    "account": "Payer's account",
    "reference": "Payer's number",
    "pattern": "Payer's numbers like",
    "tax": "Tax kept back",
    "rejected": "Rejected pair",
}
_HEADS: Final = (
    Head("What", Shown.TEXT, 16),
    Head("Payer says", Shown.LONG, 30),
    Head("Means", Shown.LONG, 34),
    Head("State", Shown.TEXT, 13),
    Head("Lines", Shown.INTEGER, 7),
    Head("Days", Shown.INTEGER, 7),
    Head("First", Shown.DATE, 12),
    Head("Last", Shown.DATE, 12),
    Head("Decided by", Shown.LONG, 18),
    Head("Against it", Shown.LONG, 26),
    Head("Latest lines", Shown.LONG, 26),
    Head(_DECISION, Shown.TEXT, 12, typed=True, needed=False),
    Head(_NOTE, Shown.LONG, 24, typed=True, needed=False, offered=False),
    Head(_RESULT, Shown.LONG, 30),
    Head(_ID, Shown.TEXT, 20),
)
_CALIBRATED: Final = (
    Head("Rule", Shown.TEXT, 16),
    Head("Settled as proposed", Shown.TEXT, 30),
    Head("Of these, decided by people", Shown.TEXT, 34),
    Head("Precision", Shown.PERCENT, 13, "0.0 %"),
    Head("At least", Shown.PERCENT, 7, "0.0 %"),
)
_TOP: Final = len(_ABOUT) + 5  # rows above the first one
READ: Final = (_TOP + ROWS_MAX + 1, len(_HEADS))


class Paged(Protocol):
    """A workbook, open or closed, whose pages can be read back."""

    def read_page(self, key: str, height: int, width: int) -> list[list[str]]:
        """The first cells of the sheet of a page of that key, as text; none if there is no such sheet."""


@dataclass(frozen=True)
class Typed:
    """What stands on the sheet: whether it is there, and what is typed in it (answer.ASKED, `who` empty)."""

    there: bool
    rows: pl.DataFrame

    @property
    def asked(self) -> pl.DataFrame:
        """The rows with a decision."""
        return self.rows.filter(pl.col("answer") != "")


def typed(book: Paged) -> Typed:
    """What people typed on the sheet."""
    cells = book.read_page(KEY, *READ)
    found = [
        (one[_ID], one[_DECISION].strip().lower(), one[_NOTE].strip(), "", f"{NAME}!{number}")
        for number, one in _rows(cells)
        if one[_ID] and (one[_DECISION].strip() or one[_NOTE].strip())
    ]
    return Typed(bool(cells), pl.DataFrame(found, schema=dict.fromkeys(ASKED, pl.String), orient="row"))


def _rows(cells: Sequence[Sequence[str]]) -> Iterable[tuple[int, dict[str, str]]]:
    """Rows under the headings, with their numbers, wherever on the sheet the person has moved the table."""
    wanted = (_ID, _DECISION, _NOTE)
    for at, row in enumerate(cells):
        texts = [str(cell or "") for cell in row]
        if set(wanted) <= set(texts):
            places = {name: texts.index(name) for name in wanted}
            for number, one in enumerate(cells[at + 1 :], at + 2):
                yield number, {name: str(one[place] or "").strip() for name, place in places.items()}
            return


def page(
    known: Known, left: pl.DataFrame, results: Mapping[str, str], right: Calibration | None = None
) -> Page:
    """The sheet.

    Args:
        known: what there is.
        left: what is typed and not applied, which stays (answer.ASKED).
        results: what became of what was applied, by id.
        right: how right proposals were, below the table.
    """
    stays = {row["id"]: row for row in left.iter_rows(named=True)}
    rows = known.rows.head(ROWS_MAX)
    told = [
        _cells(row, known.names, stays.get(row["id"], {}), results.get(row["id"], ""))
        for row in rows.iter_rows(named=True)
    ]
    offers = [row or [""] for row in rows["answers"].to_list()]
    lines = list(_ABOUT)
    if known.rows.height > ROWS_MAX:
        lines[1] += f" The first {ROWS_MAX:,} of {known.rows.height:,}; recon learn list has all."
    block = Block("What decisions teach", _HEADS, told, [PLAIN] * len(told), [2] * len(told), None, offers)
    blocks = (block,) if right is None or right.rows.is_empty() else (block, _calibrated(right))
    if right is not None:
        lines.append(sentence(right))
    return Page(KEY, NAME, NAME, tuple(lines), blocks)


def _calibrated(right: Calibration) -> Block:
    """How right the proposals of each rule were."""
    rows: list[tuple[Cell, ...]] = [
        (
            row["rule"],
            f"{row['right']:,} of {row['proposals']:,}",
            f"{row['people_right']:,} of {row['people']:,}",
            Decimal(f"{row['precision']:.4f}"),
            Decimal(f"{row['lower']:.4f}"),
        )
        for row in right.rows.iter_rows(named=True)
    ]
    return Block("How right proposals were", _CALIBRATED, rows, [PLAIN] * len(rows), [2] * len(rows))


def _cells(
    row: Mapping[str, Any], names: Mapping[str, str], typed_: Mapping[str, str], result: str
) -> tuple[Cell, ...]:
    return (
        KINDS[row["kind"]],
        _named(row["subject"], names) if row["kind"] == "tax" else row["subject"],
        row["meaning"] if row["kind"] == "tax" else _named(row["meaning"], names),
        row["state"],
        row["lines"],
        row["days"],
        row["first"],
        row["last"],
        ", ".join(row["people"] or []),
        row["against"],
        row["examples"],
        typed_.get("answer", ""),
        typed_.get("note", ""),
        result or stands(row),
        row["id"],
    )


def _named(customer_id: str, names: Mapping[str, str]) -> str:
    """`Acme Care Ltd (K101)`."""
    return f"{names[customer_id]} ({customer_id})" if customer_id in names else customer_id


def stands(row: Mapping[str, Any]) -> str:
    """What was said last: `accepted by anna, 2026-03-31, from 2026-03-04: her note`."""
    if not row["who"]:
        return ""
    if row["state"] == "held":
        return f"held since {row['at'][:10]}: {row['note']}; confirm or withdraw it"
    days = [
        f"{word} {row[name].isoformat()}"
        for word, name in (("from", "valid_from"), ("to", "valid_to"))
        if row["state"] in {"accepted", "confirmed"} and row[name]
    ]
    told = ", ".join([f"{row['state']} by {row['who']}", row["at"][:10], *days])
    return f"{told}: {row['note']}" if row["note"] else told
