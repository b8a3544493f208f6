"""Statements of an account follow from one another: within a run, and from what an earlier run read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
from typer.testing import CliRunner

from recon import cli
from recon.flow.continuity import breaks
from recon.model import Statement


def _statement(
    days: tuple[int, int], opening: str, closing: str, *, file: str = "", lines: int = 2
) -> Statement:
    return Statement(
        statement_id=file or f"{days}{opening}",
        account="A",
        currency="GBP",
        opening=opening,
        closing=closing,
        total=str(Decimal(closing or 0) - Decimal(opening or 0)),
        lines=lines,
        foots=None,
        difference="",
        first=date(2026, 3, days[0]),
        last=date(2026, 3, days[1]),
        source=file or "a.sta",
        position=1,
    )


def _codes(now: list[Statement], before: list[Statement] | None = None) -> list[str]:
    return [problem.code for problem in breaks(now, before or [])]


def test_a_statement_that_goes_on_from_the_last_one_is_no_problem() -> None:
    first, second = _statement((1, 2), "0.00", "5.00"), _statement((3, 4), "5.0", "7.00")
    assert _codes([second, first]) == []
    assert _codes([second], [first]) == []


def test_money_that_was_never_read_is_a_gap_and_says_how_much() -> None:
    first, second = _statement((1, 2), "0.00", "1200.00"), _statement((4, 5), "1500.00", "7.00")
    (problem,) = breaks([second], [first])
    assert problem.code == "statement-gap"
    assert "300.00 GBP was never read" in problem.what
    assert _codes([first, second]) == ["statement-gap"]


def test_lines_that_both_have_are_an_overlap_and_money_that_none_has_a_gap() -> None:
    first, second = _statement((1, 5), "0.00", "9.00"), _statement((4, 8), "4.00", "12.00")
    told = breaks([first, second], [], lambda _one, _before: Decimal("3.00"))
    assert [problem.code for problem in told] == ["statement-overlap"]
    (gap,) = breaks([first, _statement((4, 8), "50.00", "62.00")], [], lambda _one, _before: Decimal("12.00"))
    assert gap.code == "statement-gap"
    assert "41.00 GBP was never read" in gap.what


def test_a_balance_that_comes_back_hides_no_gap() -> None:
    first = _statement((1, 1), "0.00", "100.00")
    assert _codes(
        [first, _statement((3, 3), "200.00", "150.00"), _statement((4, 4), "150.00", "200.00")]
    ) == ["statement-gap"]
    (gap,) = breaks(
        [first, _statement((3, 3), "500.00", "500.00"), _statement((4, 4), "500.00", "600.00")], []
    )
    assert "400.00 GBP was never read" in gap.what
    assert _codes([_statement((3, 3), "500.00", "500.00")], [first]) == ["statement-gap"]


def test_the_same_statement_from_another_file_is_told_and_breaks_no_chain() -> None:
    first, again = _statement((1, 2), "0.00", "5.00", file="a"), _statement((1, 2), "0.00", "5.00", file="b")
    third = _statement((3, 3), "5.00", "6.00", file="c")
    assert _codes([first, again, third]) == ["statement-twice"]


def test_statements_of_one_day_may_come_in_any_order() -> None:
    one, two = _statement((2, 2), "5.00", "7.00", file="a"), _statement((2, 2), "1.00", "5.00", file="b")
    assert _codes([one, two]) == []
    assert _codes([one, two], [_statement((1, 1), "0.00", "1.00")]) == []


def test_a_gap_is_told_until_it_is_filled_in() -> None:
    first, third = _statement((1, 2), "0.00", "5.00"), _statement((5, 6), "9.00", "11.00")
    second = _statement((3, 4), "5.00", "9.00")
    assert _codes([third], [third, first]) == ["statement-gap"]
    assert _codes([second], [first, third]) == []  # one of days before the last is filled in, and not judged
    assert _codes([third], [third, second, first]) == []


def test_without_balances_nothing_is_judged() -> None:
    assert _codes([_statement((1, 2), "", ""), _statement((5, 6), "9.00", "")]) == []


def _bank(path: Path, day: int, opening: int, amount: int) -> Path:
    path.write_text(
        f"""{{1:F01BANKGB2LXXXX0000000000}}{{4:
:20:REF{day}
:25:GB29NWBK60161331926819
:28C:{day}/1
:60F:C26030{day}GBP{opening},00
:61:26030{day}030{day}C{amount},00NTRFINV-{day}042
:86:ACME LTD INV-{day}042
:62F:C26030{day}GBP{opening + amount},00
-}}
""",
        encoding="ascii",
    )
    return path


def test_a_missing_day_stands_among_the_problems_of_the_next_run(tmp_path: Path) -> None:
    items = tmp_path / "items.csv"
    items.write_text(
        "item_id,customer_id,doc_no,currency,open_amount\n1,K1,INV-1042,GBP,70.00\n", encoding="utf-8"
    )

    def run(file: Path, out: str) -> list[str]:
        given = ["--bank", str(file), "--items", str(items), "--store", str(tmp_path / "s.db")]
        result = CliRunner().invoke(cli.app, ["run", *given, "--out", str(tmp_path / out)])
        assert result.exit_code == 0, result.output
        problems = pl.read_csv(tmp_path / out / "problems.csv", infer_schema=False)
        return [code for code in problems["code"] if code.startswith("statement-")]

    assert run(_bank(tmp_path / "1.sta", 1, 100, 70), "one") == []
    assert run(_bank(tmp_path / "3.sta", 3, 400, 50), "three") == ["statement-gap"]
    assert run(tmp_path / "3.sta", "again") == ["statement-gap"]
    assert run(_bank(tmp_path / "4.sta", 4, 450, 10), "four") == []
