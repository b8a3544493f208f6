"""Raw rows of text cells -> the outer table of their kind, as a profile says.

    Date,Memo,Amount                          booking_date  narrative         amount
    03/03/2026,NHS SUSSEX ICB 0451,"4,200.00"    ->    2026-03-03    NHS SUSSEX ICB    4200.00

Whole columns at a time. Every row that goes in comes out, or is in a problem.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from recon.ingest import advice_rows, findings, preamble, told, values
from recon.ingest.grid import CELL_MAX, CELLS, POSITION, Grid, key
from recon.ingest.heading import Heading
from recon.ingest.standard import NAME as STANDARD
from recon.ingest.work import SAYING, SIDES, Work
from recon.model import EXTRA, Kind
from recon.problems import Problem
from recon.rules.profile import Profile

SUBTOTAL = r"(?i)^(?:grand |sub-?)?totals?\b"
TOTALS = r"(?i)^(?:grand |sub-?)?totals?:?(?: [A-Z]{3})?[ \d.,()\-£₹€$]*$"


def tabulate(grid: Grid, heading: Heading, own: str = "") -> tuple[pl.DataFrame, list[Problem]]:
    """The table of a grid in outer form (money as text, unknown columns as `extra:NAME`), with `position`.

    The columns `_balance` (decimal text, "" where there is none) and `position` go along for the controls. `own` is
    what numbers are made of for advices that have none.
    """
    work = Work(grid, heading.profile, grid.body(heading.position))
    before, positions = work.rows.height, work.rows[POSITION]
    end = int(positions[-1]) if before else 0
    names = _names(work, heading)
    _long_cells(work)
    _no_rows(work, heading, names)
    raw = work.rows
    work.rows = _picked(work, work.rows, names)
    _continue_or_drop(work)
    _remarks(work, end)
    _subtotals(work)
    _short_rows(
        work, heading, raw, end
    )  # of those that are rows: one that continues another is short by nature
    told.fill(work, heading.position)
    preamble.fill(work, heading.position)
    values.read(work)
    advice_rows.finish(work, own)
    _extras(work, raw, names)
    assert work.rows.height + work.left_out == before, "a row got lost between file and table"
    if before == 0 and work.profile.kind in (Kind.BANK, Kind.ITEMS):
        work.problems.append(Problem("file-empty", grid.where, "the table has a heading and no rows"))
    titles = [position for position, _ in grid.preview if position < heading.position]
    work.problems = (
        findings.spans(titles, grid.at, "before the heading: no row of the table, left out") + work.problems
    )
    return work.rows, work.problems


def _names(work: Work, heading: Heading) -> dict[str, str]:
    """Frame column -> the file's name for it. A second column of one name is kept as `NAME (2)`, and said."""
    names: dict[str, str] = {}
    seen: dict[str, int] = {}
    cells = [name for name in work.rows.columns if name not in (POSITION, CELLS)]
    for index, cell in enumerate(cells):
        name = heading.names[index] if index < len(heading.names) else ""
        plain = key(name)
        seen[plain] = seen.get(plain, 0) + 1
        if plain and seen[plain] > 1:
            work.problems.append(
                Problem(
                    "column-twice",
                    work.grid.at(heading.position or 1),
                    f"column `{name}` is there twice; the second is kept as `{EXTRA}{name} ({seen[plain]})`",
                    "the first one is used",
                )
            )
            name = f"{name} ({seen[plain]})"
        names[cell] = name
    where = work.grid.at(heading.position or 1)
    hint = "if it is the other one, give the file a profile of its own"
    work.problems += [Problem("column-twice", where, what, hint) for what in heading.twice]
    return names


def _long_cells(work: Work) -> None:
    cells = [name for name in work.rows.columns if name not in (POSITION, CELLS)]
    if not cells:
        return
    long = pl.any_horizontal(pl.col(cells).str.len_bytes() > CELL_MAX)
    what = f"a cell has more than {CELL_MAX:,} characters; the rest was cut off"
    if work.say(long, "value-long", what):
        work.rows = work.rows.with_columns(pl.col(cells).str.slice(0, CELL_MAX))


def _no_rows(work: Work, heading: Heading, names: dict[str, str]) -> None:
    """Rows that are left out before their cells mean anything: repeated headings, the profile's `skip`, wide rows."""
    texts = list(names)
    if not texts:
        return
    again = pl.lit(value=True)
    for cell, name in zip(texts, heading.names, strict=False):
        others = work.profile.also.get(name, ())
        same = pl.col(cell) == name
        # Below it stands again as the file writes it, which is one of the words for it.
        again &= (
            same | pl.col(cell).str.to_lowercase().is_in([one.lower() for one in others]) if others else same
        )
    if heading.position:
        work.drop_text(again, "repeating the heading, left out")
    joined = pl.concat_str([pl.col(name) for name in texts], separator=" ").str.strip_chars()
    for pattern in work.profile.ends:
        end = work.rows.filter(joined.str.contains(pattern))[POSITION].min()
        if end is not None:
            work.drop_text(pl.col(POSITION) >= end, "behind the end of the table, left out")
    totals = _totals(work, texts, joined)
    if work.profile.kind is Kind.REMITTANCE:
        work.totals = work.rows.filter(totals)
        advice_rows.total_rows(work, _picked(work, work.totals, names))
    work.drop_text(totals, "of totals, left out")
    for pattern in work.profile.skip:
        work.drop_text(joined.str.contains(pattern), "that the profile skips, left out")
    advice_rows.note(work, joined)
    beyond = texts[len(heading.names) :]
    if beyond:
        work.drop(
            pl.any_horizontal(pl.col(beyond) != ""),
            "row-long",
            f"the row has more cells than the heading, which has {len(heading.names)}; it was left out",
            "put text that holds the delimiter into quotes",
        )


def _totals(work: Work, texts: Sequence[str], joined: pl.Expr) -> pl.Expr:
    """Which rows are totals. No document is called Total: such a row is a sheet's own sum, whatever the profile."""
    if work.profile.kind is Kind.REMITTANCE and work.profile.name != STANDARD:
        patterns = (TOTALS, *work.profile.totals, *advice_rows.TOTALS)
        alone = pl.sum_horizontal(pl.col(texts).str.contains(r"\p{L}{4}").cast(pl.Int32)) <= 1
        worded = pl.any_horizontal([joined.str.contains(pattern) for pattern in advice_rows.TOTALS_ALONE])
        return pl.any_horizontal([joined.str.contains(pattern) for pattern in patterns]) | (worded & alone)
    if work.profile.totals:
        return pl.any_horizontal([joined.str.contains(pattern) for pattern in (TOTALS, *work.profile.totals)])
    # Few rows begin with a letter that a total begins with; only their text has to be looked through. None does where
    # each row begins with a digit, as that of a day.
    low, high = work.rows.select(low=pl.col(texts[0]).min(), high=pl.col(texts[0]).max()).row(0)
    if low is None or (low >= "0" and high < _BEHIND_DIGITS):
        return pl.lit(value=False)
    first = pl.col(texts[0]).str.strip_chars().str.slice(0, 1)
    likely = work.rows.filter((first == "") | first.is_in(_TOTAL_LETTERS)).select(POSITION, *texts)
    found = likely.filter(joined.str.contains(TOTALS))[POSITION]
    return pl.col(POSITION).is_in(found.to_list()) if len(found) else pl.lit(value=False)


_BEHIND_DIGITS = ":"
_TOTAL_LETTERS = ("g", "G", "s", "S", "t", "T", "\u017f")  # the long s is an s to a pattern


def _shortest(rows: pl.DataFrame, end: int) -> bool:
    """Whether the row at `end` has fewer cells than every other; it takes one to compare it with."""
    last = pl.col(POSITION) == end
    return bool(rows.select(pl.col(CELLS).filter(last).max() < pl.col(CELLS).filter(~last).min()).item())


def _broken_amount(rows: pl.DataFrame, raw: pl.DataFrame, end: int) -> bool:
    """Whether the row at `end` ends in an amount with fewer decimals than every other, which have as many as another.

    `1380.4` under `1517.13` and `20.00`: the file may end within it.
    """
    last = pl.col(POSITION) == end
    row = raw.filter(last)
    cells = [name for name in raw.columns if name not in (POSITION, CELLS)]
    said = next((row[name][0] for name in reversed(cells) if row[name][0]), "") if row.height else ""
    for name in (one for one in ("amount", *SIDES[:3]) if one in rows.columns):
        texts = rows.filter(pl.col(name) != "").select(
            last.alias("last"),
            text=name,
            decimals=pl.col(name).str.extract(r"[.,]([0-9]*)$", 1).str.len_bytes(),
        )
        mine, others = texts.filter("last"), texts.filter(~pl.col("last"))["decimals"].fill_null(0)
        if said and mine.height and mine["text"][0] == said and others.n_unique() == 1:
            return bool((mine["decimals"].fill_null(0) < others[0])[0])
    return False


def _cut(work: Work, raw: pl.DataFrame, end: int) -> bool:
    """Whether a bank's file ends within its last row, which no line break ends: as far as the other rows tell it."""
    if not work.grid.torn or work.profile.kind is not Kind.BANK or work.rows.is_empty():
        return False
    return _shortest(work.rows, end) or _broken_amount(work.rows, raw, end)


def _short_rows(work: Work, heading: Heading, raw: pl.DataFrame, end: int) -> None:
    """Rows that end before the heading does stay; their missing cells are empty, and that is said once.

    Not so a bank's last row (`end` is where it stands) in which the file ends: `11` may be all that is left of
    1,125.00.
    """
    width = max((index for index, name in enumerate(heading.names, 1) if name), default=0)
    short = work.rows.filter(pl.col(CELLS) < width)[POSITION]
    if _cut(work, raw, end):
        what = "the file ends within this row; it was left out"
        hint = "get the file again: rows behind it may be gone, too"
        work.drop(pl.col(POSITION) == end, "file-cut", what, hint)
        short = short.filter(short != end)
    if len(short):
        what = f"fewer cells than the heading, which has {width}: {len(short)} rows, this is the first"
        hint = "the missing cells are taken as empty; look whether the file was cut"
        work.problems.append(Problem("row-short", work.grid.at(short[0]), what, hint))


def _picked(work: Work, rows: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    """The profile's columns of rows under our names, all still text as in the file."""
    by_key = {key(name): cell for cell, name in reversed(names.items()) if name}
    profile = work.profile
    same = _same(rows, list(names))

    def cell(source: str | tuple[str, ...]) -> pl.Expr:
        wanted = (source,) if isinstance(source, str) else source
        cells = [by_key[key(name)] for name in wanted if name and key(name) in by_key]
        found = [pl.lit(same[one]) if one in same else pl.col(one) for one in cells]
        if not found:
            return pl.lit("")
        if len(found) == 1:
            return found[0]
        joined = pl.concat_str(found, separator=" ")
        # Where no cell is empty there is hardly ever a blank too many, and to see that is cheaper than to replace.
        gaps = pl.any_horizontal(*(one == "" for one in found), joined.str.contains("  ", literal=True))
        if rows.select(gaps.any()).item():
            return joined.str.replace_all(r" {2,}", " ").str.strip_chars()
        return joined

    picked = []
    for column in work.columns:
        text = cell(profile.columns.get(column.name, ""))
        if column.name in profile.values:
            words = {word.casefold(): ours for word, ours in profile.values[column.name].items()}
            text = text.str.to_lowercase().replace_strict(list(words), list(words.values()), default=text)
        # A remittance's currency may stand beside its amounts: the constant is what it is otherwise.
        later = column.name == "currency" and profile.kind is Kind.REMITTANCE
        if column.name in profile.constants and not later:
            text = pl.when(text == "").then(pl.lit(profile.constants[column.name])).otherwise(text)
        picked.append(text.alias(column.name))
    sides = profile.amount
    if sides is not None:
        picked = [expression for expression in picked if expression.meta.output_name() != "amount"]
        picked += [
            cell(sides.signed).alias("amount"),
            cell(sides.credit).alias("_credit"),
            cell(sides.debit).alias("_debit"),
            cell(sides.unsigned).alias("_unsigned"),
            cell(sides.indicator).alias("_indicator"),
        ]
    balance = cell(profile.balance).alias("_balance")
    return _unquoted(rows.select(POSITION, CELLS, *picked, balance), profile)


def _same(rows: pl.DataFrame, cells: Sequence[str]) -> dict[str, str]:
    """Columns that say the same in every row, as an export's account, and what: they are worked on as one value."""
    if rows.is_empty():
        return {}
    first, last = rows.select(cells).row(0), rows.select(cells).row(-1)
    likely = [name for name, one, other in zip(cells, first, last, strict=True) if one == other]
    even = rows.select((pl.col(name) == pl.col(name).first()).all() for name in likely)
    return {name: str(rows[name][0]) for name in likely if even[name].item()}


def _unquoted(rows: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Without the apostrophe that spreadsheets and some banks put before text to keep it text."""
    texts = [name for name in rows.columns if name not in (POSITION, CELLS, "_balance")]
    # Most columns have none, and to see that is much cheaper than to replace.
    guarded = rows.select(pl.col(texts).str.starts_with("'").any()).row(0)
    return rows.with_columns(
        pl.when(_guarded(pl.col(name), profile))
        .then(pl.col(name).str.slice(1))
        .otherwise(pl.col(name))
        .alias(name)
        for name, some in zip(texts, guarded, strict=True)
        if some
    )


def _guarded(text: pl.Expr, profile: Profile) -> pl.Expr:
    if profile.name == STANDARD:
        return text.str.contains(r"^'[=+\-@0-9]")
    return text.str.starts_with("'") & (text.str.len_bytes() > 1)


def _continue_or_drop(work: Work) -> None:
    """Rows without anything that makes a row: more text of the row before, or no row of the table."""
    saying = [*SAYING[work.profile.kind], *(side for side in SIDES[:3] if side in work.rows.columns)]
    silent = pl.all_horizontal(pl.col(saying) == "")
    if work.less:
        silent &= ~pl.col(POSITION).is_in(list(work.less))
    if work.profile.continues and work.rows.select(silent.any()).item():
        _merge(work, silent)
    work.drop_text(silent, "without what a row of the table has, left out")


def _remarks(work: Work, end: int) -> None:
    """A bank's rows of nothing but words where the day stands: `End of report`, `Printed on 03/03/2026 by me`.

    They have no amount. A word alone in a last row that no line break ends may be the month that a day begins with.
    """
    if work.profile.kind is not Kind.BANK or work.rows.is_empty():
        return
    day = pl.col("booking_date")
    low, high = work.rows.select(low=day.min(), high=day.max()).row(0)
    if low >= "0" and high < _BEHIND_DIGITS:
        return
    word = day.str.contains(r"^\P{N}*\pL{3}\P{N}*$") & ((pl.col(POSITION) != end) | (not work.grid.torn))
    worded = work.rows.filter(day.str.contains(r"\pL{2}.*\PL\pL{2}") | word)
    known = (POSITION, "booking_date", *work.profile.constants)
    others = [name for name, dtype in worded.schema.items() if dtype == pl.String() and name not in known]
    alone = worded.filter(pl.all_horizontal((pl.col(name) == "") | (pl.col(name) == day) for name in others))
    if alone.height:
        work.drop_text(pl.col(POSITION).is_in(alone[POSITION].implode()), "of words alone, left out")


def _subtotals(work: Work) -> None:
    """A ledger's rows without a number that begin with Total, as a sum of each customer's items: `Total ACME LTD`."""
    numbers = [name for name in ("item_id", "doc_no") if name in work.rows.columns]
    if work.profile.kind not in (Kind.ITEMS, Kind.CLOSED) or not numbers:
        return
    bare = work.rows.filter(pl.all_horizontal(pl.col(numbers) == ""))
    worded = pl.any_horizontal(pl.col(pl.String).exclude(POSITION).str.contains(SUBTOTAL))
    found = bare.filter(worded)[POSITION] if bare.height else bare[POSITION]
    if len(found):
        work.drop_text(pl.col(POSITION).is_in(found.implode()), "of totals, left out")


def _merge(work: Work, silent: pl.Expr) -> None:
    texts = [
        column.name
        for column in work.columns
        if column.dtype == pl.String() and not column.money and column.name not in work.profile.constants
    ]
    grouped = work.rows.with_columns((~silent).cum_sum().alias("_group"))
    heads = grouped.filter(~silent).unique("_group", keep="first", maintain_order=True)
    more = (
        grouped.filter(silent & (pl.col("_group") > 0))
        .group_by("_group", maintain_order=True)
        .agg([pl.col(name).filter(pl.col(name) != "").str.join(" ").alias(f"_more_{name}") for name in texts])
    )
    joined = heads.join(more, on="_group", how="left", maintain_order="left").with_columns(
        [
            pl.concat_str([pl.col(name), pl.col(f"_more_{name}").fill_null("")], separator=" ")
            .str.strip_chars()
            .alias(name)
            for name in texts
        ]
    )
    alone = grouped.filter(silent & (pl.col("_group") == 0))
    before = work.rows.height
    work.rows = pl.concat([alone, joined.select(grouped.columns)]).drop("_group")
    work.left_out += before - work.rows.height  # they are in the row before, nothing of them is lost


def _extras(work: Work, raw: pl.DataFrame, names: dict[str, str]) -> None:
    """The file's other columns behind ours, as `extra:NAME`."""
    used = _used(work.profile)
    extras = []
    for cell, name in names.items():
        label = name if name.startswith(EXTRA) else EXTRA + (name or f"column {cell[1:]}")
        if key(name) in used or (not name and (raw[cell] == "").all()):
            continue
        extras.append(pl.col(cell).alias(label))
    ours = [column.name for column in work.columns]
    if not extras:
        work.rows = work.rows.select(POSITION, *ours, "_balance")
        return
    kept, rows = raw.select(POSITION, *extras), work.rows.select(POSITION, *ours, "_balance")
    if rows[POSITION].equals(
        kept[POSITION]
    ):  # nothing was left out or put in another order: no need to look up
        work.rows = pl.concat([rows, kept.drop(POSITION)], how="horizontal")
        return
    work.rows = rows.join(kept, on=POSITION, how="left", maintain_order="left")


def _used(profile: Profile) -> set[str]:
    used = set()
    for source in profile.columns.values():
        used |= {key(name) for name in ((source,) if isinstance(source, str) else source)}
    way = profile.amount
    if way is not None:
        used |= {key(name) for name in (*way.sums, way.indicator) if name}
    return used
