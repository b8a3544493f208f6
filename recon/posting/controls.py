"""The controls over a posting file: what should be in it and what is, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from recon import model
from recon.model import ACCEPTED, BANK_LINES
from recon.posting.journal import ENGINE, LEGS
from recon.problems import Problem

_WAITS = "posting-second"  # the code of what only waits for somebody else; any other control is a fault
_SECOND = "journals that a second person must approve"
_NAMES_MAX = 5  # preparers and bank lines named in a problem


def controls(
    legs: pl.DataFrame, accepted: pl.DataFrame, bank_lines: pl.DataFrame, hand_ceiling: Decimal = Decimal(0)
) -> pl.DataFrame:
    """Checks as (check, currency, expected, found, ok); sums a currency, from the bank lines and from the file.

    The last check counts journals that a second person has still to approve; it fails where there are any. Of lines
    up to `hand_ceiling` only write-offs need one.
    """
    lines = bank_lines.join(accepted.select("line_id").unique(), on="line_id", how="semi")
    scales = model.scales_of([(ACCEPTED, accepted), (BANK_LINES, lines), (LEGS, legs)])
    of_legs = model.inside(legs, LEGS, scales).with_columns(
        pl.col("debit_minor", "credit_minor").fill_null(0)
    )
    of_lines = _signed(model.inside(lines, BANK_LINES, scales), model.inside(accepted, ACCEPTED, scales))
    taken = model.inside(accepted, ACCEPTED, scales).with_columns(pl.col("deduction_minor").fill_null(0))
    net = pl.col("debit_minor") - pl.col("credit_minor")
    rows: list[tuple[str, str, str, str]] = [
        ("journals", "", str(lines.height), str(of_legs["journal_no"].n_unique())),
    ]
    checks = (
        ("bank", _sums(of_lines, pl.col("amount_minor")), _sums(_of(of_legs, "bank"), net)),
        (
            "items",
            _sums(taken.filter(pl.col("item_id") != ""), pl.col("amount_minor") + pl.col("deduction_minor")),
            _sums(_of(of_legs, "item"), -net),
        ),
        (
            "on account",
            _sums(taken.filter(pl.col("item_id") == ""), pl.col("amount_minor") + pl.col("deduction_minor")),
            _sums(_of(of_legs, "on_account"), -net),
        ),
        ("deductions", _sums(taken, pl.col("deduction_minor")), _sums(_of(of_legs, "deduction"), net)),
        ("debits and credits", _sums(of_legs, pl.col("debit_minor")), _sums(of_legs, pl.col("credit_minor"))),
    )
    for name, expected, found in checks:
        for currency in sorted(scales):
            wanted, there = expected.get(currency, 0), found.get(currency, 0)
            texts = model.money_text(wanted, currency, scales), model.money_text(there, currency, scales)
            rows.append((name, currency, *texts))
    rows.append(("rule and preparer on every leg", "", "0", str(_nameless(of_legs))))
    rows.append((_SECOND, "", "0", str(unapproved(legs, hand_ceiling)["journal_no"].n_unique())))
    table = pl.DataFrame(rows, schema=dict.fromkeys(_COLUMNS, pl.String), orient="row")
    return table.with_columns((pl.col("expected") == pl.col("found")).alias("ok"))


def _signed(lines: pl.DataFrame, accepted: pl.DataFrame) -> pl.DataFrame:
    """The lines with the amount that the bank's account is to get.

    Rows of a later turn than the first: with the other sign where the line is taken back, nought where it is moved.
    """
    cash = accepted.group_by("line_id").agg(pl.col("amount_minor").sum().alias("cash"), pl.col("turn").max())
    amount = pl.col("amount_minor")
    again = (
        pl.when(pl.col("cash") == 0).then(0).when(pl.col("cash") == -amount).then(-amount).otherwise(amount)
    )
    told = lines.join(cash, on="line_id", how="left")
    return told.with_columns(pl.when(pl.col("turn") > 1).then(again).otherwise(amount).alias("amount_minor"))


_COLUMNS = ("check", "currency", "expected", "found")


def controls_text(table: pl.DataFrame) -> str:
    """The controls as lines for a person or a log."""
    lines = [
        f"{'ok ' if ok else 'NOT'}  {check}{f' {currency}' if currency else ''}: expected {expected}, found {found}"
        for check, currency, expected, found, ok in table.iter_rows()
    ]
    return "\n".join(lines) + "\n"


def failures(
    table: pl.DataFrame, legs: pl.DataFrame, hand_ceiling: Decimal = Decimal(0)
) -> tuple[Problem, ...]:
    """A problem for each control that does not hold: which, by how much, and what to do.

    Its code is control-failed; posting-second where a second person has to post.
    """
    made = []
    for check, currency, expected, found in table.filter(~pl.col("ok")).drop("ok").iter_rows():
        what = f"expected {expected}, found {found}; nothing is posted"
        where = f"posting control `{check}`{f', {currency}' if currency else ''}"
        hint = (
            _wants_second(legs, hand_ceiling) if check == _SECOND else "keep the store as it is and report it"
        )
        made.append(Problem(_WAITS if check == _SECOND else "control-failed", where, what, hint))
    return tuple(made)


def left_out(waiting: pl.DataFrame) -> tuple[Problem, ...]:
    """A problem (posting-second) for the legs (as `unapproved` gives them) that are left out of a posting file."""
    count = waiting["bank_line_id"].n_unique()
    if not count:
        return ()
    lines = "1 bank line is" if count == 1 else f"{count:,} bank lines are"
    what = f"{lines} not in the file: who allocated by hand does not approve it, too; all else is posted"
    return (Problem(_WAITS, f"posting control `{_SECOND}`", what, _somebody_else(waiting)),)


def _wants_second(legs: pl.DataFrame, hand_ceiling: Decimal) -> str:
    """What to do where somebody would approve an allocation of their own."""
    return _somebody_else(unapproved(legs, hand_ceiling))


def _somebody_else(waiting: pl.DataFrame) -> str:
    who = _first(waiting["prepared_by"])
    return (
        f"somebody other than {who} has to post: recon post ... --who NAME, on a login of their own\n"
        f"allocated by hand: {_first(waiting['bank_line_id'])}"
    )


def _first(names: pl.Series) -> str:
    """The first few different names."""
    unique = names.unique().sort().to_list()
    return ", ".join(unique[:_NAMES_MAX]) + (", ..." if len(unique) > _NAMES_MAX else "")


def _of(legs: pl.DataFrame, kind: str) -> pl.DataFrame:
    return legs.filter(pl.col("kind") == kind)


def _sums(frame: pl.DataFrame, amount: pl.Expr) -> Mapping[str, int]:
    return dict(frame.group_by("currency").agg(amount.sum()).iter_rows())


def _nameless(legs: pl.DataFrame) -> int:
    return legs.filter((pl.col("rule_id") == "") | (pl.col("prepared_by") == "")).height


def unapproved(legs: pl.DataFrame, hand_ceiling: Decimal) -> pl.DataFrame:
    """Legs that were allocated by hand and that nobody else has approved, where somebody else has to.

    That is where any leg is above the ceiling, or something was written off: a deduction made by hand. A small line
    may hold two large items of either sign.
    """
    money = pl.coalesce("debit", "credit").cast(pl.Decimal(38, model.SCALE_MAX))
    large = legs.filter(money > hand_ceiling).select("journal_no")
    by_hand = legs.filter((pl.col("kind") != "bank") & (pl.col("prepared_by") != ENGINE))
    given_up = by_hand.filter(pl.col("kind") == "deduction").select("journal_no")
    needs = pl.concat([large, given_up]).unique()
    return by_hand.filter(pl.col("approved_by") == "").join(needs, on="journal_no", how="semi")
