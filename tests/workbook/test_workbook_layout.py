"""From tables to sheets, and from what a reviewer typed to decisions."""

from __future__ import annotations

import polars as pl
import pytest
from workbook_cases import FACTS, outer, view, with_log

from recon import model
from recon.workbook import columns, layout, sums
from recon.workbook.named import BLOCKS


def test_every_sheet_has_its_titles_in_order() -> None:
    made = layout.sheets(view(), FACTS)
    for spec in columns.TABLES:
        assert made[spec.name].columns[: len(spec.titles)] == spec.titles


def test_suggestions_are_the_lines_that_wait() -> None:
    made = layout.sheets(view(), FACTS)["Suggestions"]
    assert made["Line id"].to_list() == ["L-1", "L-4"]
    first = made.row(0, named=True)
    assert first["Proposed items"] == "INV-0 100.50"
    assert first["Allocated"] == "100.50"
    assert first["On account"] == ""
    assert first["Confidence"] == 0.75
    assert first["Narrative"] == "INV-0 TEXT"


def test_auto_lines_above_the_ceiling_wait_too() -> None:
    views = view()
    views["lines"] = views["lines"].with_columns(pl.lit("yes").alias("waits"))
    assert layout.sheets(views, FACTS)["Suggestions"]["Line id"].to_list() == ["L-1", "L-3", "L-4"]


def test_deductions_and_cash_on_account_are_told_apart() -> None:
    views = view(1)
    rows = [
        ("L-1", "A", "60.00", "GBP", "1.5", "TDS", "suggested", 0.5, "r", "x"),
        ("L-1", "A", "0.00", "GBP", "2", "DISC", "suggested", 0.5, "r", "y"),
        ("L-1", "B", "-10.00", "GBP", None, "", "suggested", 0.4, "r", "x"),
        ("L-1", "", "50.50", "GBP", "", "", "suggested", 0.5, "r", "x"),
    ]
    views["allocations"] = outer(model.ALLOCATIONS, *rows)
    row = layout.sheets(views, FACTS)["Suggestions"].row(0, named=True)
    assert row["Proposed items"] == "A 60.00\nB -10.00"
    assert (row["Allocated"], row["Deduction"], row["On account"]) == ("50.00", "3.5", "50.50")
    assert (row["Confidence"], row["Reasons"]) == (0.4, "x; y")


def test_cash_on_account_of_several_customers_says_whose_it_is() -> None:
    views = view(2)
    rows = [
        ("L-1", "A", "60.00", "GBP", "", "", "accepted", None, "r", "", "C1", "turn 1"),
        ("L-1", "", "20.00", "GBP", "", "", "accepted", None, "r", "", "C1", "turn 1"),
        ("L-1", "", "10.50", "GBP", "", "", "accepted", None, "r", "", "", "turn 1"),
        ("L-2", "", "5.00", "GBP", "", "", "accepted", None, "r", "", "C1", "turn 1"),
        ("L-3", "", "5.00", "GBP", "", "", "suggested", 0.5, "r", "", "C1", ""),
        ("L-3", "", "5.00", "GBP", "", "", "suggested", 0.5, "r", "", "C2", ""),
    ]
    names = [*model.ALLOCATIONS.names, "row_hash"]
    schema = {**model.ALLOCATIONS.outer_schema, "row_hash": pl.String()}
    views["standing"] = pl.DataFrame(rows, schema={name: schema[name] for name in names}, orient="row")
    sheet = layout.sheets(views, FACTS)["Allocations"]
    told = ["A", "on account of C1", "on account of nobody", "", "", ""]
    assert sheet["Item id"].to_list() == told, "one holder alone needs no word, nor does a proposal"
    typed = sheet.with_columns(pl.Series("sheet_row", range(2, 8)), Decision=pl.lit("on account"))
    asked, _ = layout.decisions({"Allocations": typed})
    assert asked["leg"].to_list() == [*told[:3], "on account"]


def test_exceptions_are_told_in_plain_words_with_numbered_alternatives() -> None:
    row = layout.sheets(view(), FACTS)["Exceptions"].row(0, named=True)
    assert row["Codes"] == "EX-UNID"
    assert row["What it means"] == "payer unknown"
    assert row["What to do next"].startswith("Find the payer")
    assert row["Alternatives"] == "1: INV-8 1.00\n2: INV-9 2.00"
    assert row["Unexplained"] == "101.50"


def test_a_code_of_the_site_itself_is_shown_too() -> None:
    views = view()
    views["exceptions"] = outer(model.EXCEPTIONS, ("L-2", "EX-MINE", "1.00", "GBP", "d", ""))
    row = layout.sheets(views, FACTS)["Exceptions"].row(0, named=True)
    assert (row["Codes"], row["What it means"]) == ("EX-MINE", "a code of this site's rules")


def test_each_row_carries_the_fingerprint_of_what_it_shows() -> None:
    views = view()
    hashes = dict(model.fingerprints(views["lines"], views["allocations"], views["exceptions"]).iter_rows())
    made = layout.sheets(views, FACTS)
    for sheet in ("Suggestions", "Exceptions"):
        for line, fingerprint in made[sheet].select("Line id", "Row hash").iter_rows():
            assert fingerprint == hashes[line]


def test_the_result_is_the_last_thing_that_happened() -> None:
    views = with_log(
        view(), ("L-1", "park", "parked"), ("L-1", "query", "asked"), ("L-4", "allocate", "refused: no item")
    )
    made = layout.sheets(views, FACTS)["Suggestions"]
    assert made["Result"].to_list() == ["query: asked", "refused: no item"]


def test_unknown_columns_follow_ours_under_their_name_and_never_twice() -> None:
    views = view()
    views["bank_lines"] = views["bank_lines"].with_columns(
        pl.lit("x").alias("extra:Region"), pl.lit("y").alias("extra:amount"), pl.lit("z").alias("extra: ")
    )
    made = layout.sheets(views, FACTS)["Bank"]
    assert made.columns[len(columns.BANK.titles) :] == ["Region", "amount (2)", "Column"]


def test_optional_columns_are_shown_where_the_data_has_them() -> None:
    views = view(1)
    views["open_items"] = views["open_items"].with_columns(
        pl.lit("yes").alias("dispute"), pl.lit("").alias("legal")
    )
    made = layout.sheets(views, FACTS)["Open items"]
    assert made.columns[len(columns.OPEN_ITEMS.titles) :] == ["Dispute"]


def test_the_dashboard_never_adds_different_currencies() -> None:
    views = view()
    for name in ("lines", "allocations"):
        euros = pl.when(pl.col("line_id") == "L-3").then(pl.lit("EUR")).otherwise("currency")
        views[name] = views[name].with_columns(euros.alias("currency"))
    made = layout.sheets(views, FACTS)
    totals = made["recon_totals"]
    assert totals["Currency"].to_list() == ["GBP", "EUR"]
    assert totals["Bank total"].to_list() == ["305.50", "102.50"]
    assert totals["Allocated auto"].to_list() == ["0", "102.50"]
    assert totals["Alloc. suggested"].to_list() == ["204.00", "0"]
    assert totals["Exceptions"].to_list() == ["101.50", "0"]
    assert made["recon_tiles"].row(0) == (4, 0.25, 2, 1, "101.50")
    assert made["recon_unexplained_title"].item() == "Unexplained, GBP"


def test_codes_that_have_no_row_of_their_own_are_in_the_last_one() -> None:
    """The rows add up to the unexplained value, however many codes there are."""
    views = view()
    codes = [
        ("L-2", f"EX-{chr(65 + at)}", amount, "GBP", "", "")
        for at, amount in enumerate(["9.00", "8.00", "7.00", "6.00", "5.00", "4.00", "3.00", "2.00"])
    ]
    views["exceptions"] = outer(model.EXCEPTIONS, *codes)
    made = layout.sheets(views, FACTS)
    assert made["recon_codes"]["Code"].to_list() == [code for _, code, *_ in codes]
    further = [("L-1", "EX-X", "1.00", "GBP", "", ""), ("L-2", "EX-Y", "-0.50", "GBP", "", "")]
    views["exceptions"] = outer(model.EXCEPTIONS, *codes, *further)
    made = layout.sheets(views, FACTS)
    told = made["recon_codes"]
    assert told.height == BLOCKS["recon_codes"].height
    assert told.row(-1) == ("others", 2, "2.50", "3 further codes, in Codes on the sheets")
    assert told.select(sums.total("Unexplained")).item() == made["recon_tiles"]["Unexplained"][0] == "44.50"


def test_currencies_that_have_no_row_of_their_own_are_counted_and_not_added() -> None:
    views = view(8)
    names = pl.Series(["GBP", "GBP", "AUD", "CAD", "CHF", "EUR", "NOK", "SEK"])
    views["lines"] = views["lines"].with_columns(names.alias("currency"))
    totals = layout.sheets(views, FACTS)["recon_totals"]
    assert totals["Currency"].to_list() == ["GBP", "AUD", "CAD", "CHF", "EUR", "2 others"]
    assert totals["Lines"].to_list() == [2, 1, 1, 1, 1, 2]
    assert totals["Bank total"].to_list()[-1] is None


def test_home_counts_what_still_waits_and_no_line_that_is_settled() -> None:
    views = view()
    waits = {"L-1": "told", "L-2": "done"}
    views["lines"] = views["lines"].with_columns(
        pl.col("line_id").replace_strict(waits, default="").alias("waits")
    )
    made = layout.sheets(views, FACTS)
    assert made["Suggestions"]["Line id"].to_list() == ["L-1", "L-4"], "what happened is seen once more"
    assert made["recon_tiles"].row(0) == (4, 0.25, 1, 0, None)
    assert made["recon_codes"].is_empty()
    assert "1 line waits on Suggestions" in made["recon_next"].item()


def test_an_empty_view_gives_empty_sheets() -> None:
    views = {name: frame.clear() for name, frame in view().items()}
    made = layout.sheets(views, {})
    assert all(made[spec.name].is_empty() for spec in columns.TABLES)
    assert made["recon_next"].item().startswith("No bank lines yet")
    assert made["recon_tiles"].row(0) == (0, None, 0, 0, None)


def test_sums_are_exact_and_keep_the_decimals() -> None:
    frame = pl.DataFrame({"m": ["0.1", "0.2", "", None, "-0.300"]})
    assert frame.select(sums.total("m")).item() == "0.000"
    assert pl.DataFrame({"m": ["1", "2"]}).select(sums.total("m")).item() == "3"
    assert pl.DataFrame({"m": ["", None]}).select(sums.total("m")).item() == ""


def typed(**cells: str) -> pl.DataFrame:
    row = dict.fromkeys(columns.SUGGESTIONS.titles, "") | {"Line id": "L-1", "Row hash": "h"}
    return pl.DataFrame({"sheet_row": [14], **{title: [value] for title, value in (row | cells).items()}})


def test_a_decision_comes_out_as_the_model_has_it() -> None:
    cells = {
        "Decision": " Allocate ",
        "Item": "INV-1",
        "Amount": "1,200.50",
        "Note": "as agreed",
        "Decided by": "me",
    }
    frame, problems = layout.decisions({"Suggestions": typed(**cells)})
    assert problems == ()
    assert frame.columns == model.DECISIONS.names
    assert frame.row(0) == (
        "L-1",
        "allocate",
        "",
        "INV-1",
        "1200.50",
        "as agreed",
        "me",
        "h",
        "Suggestions!14",
        "",
    )


def test_rows_without_a_decision_are_no_decisions() -> None:
    frame, problems = layout.decisions({"Suggestions": typed(Note="only a note")})
    assert frame.is_empty()
    assert problems == ()


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ({"Decision": "acept"}, "the decision is none that there is"),
        ({"Decision": "accept", "Row hash": ""}, "the row has lost its line id or its fingerprint"),
        ({"Decision": "accept", "Line id": ""}, "the row has lost its line id or its fingerprint"),
        ({"Decision": "accept alternative"}, "`accept alternative` without the alternative's number"),
        (
            {"Decision": "accept alternative", "Alternative no.": "0"},
            "`accept alternative` without the alternative's number",
        ),
        ({"Decision": "allocate"}, "`allocate` without an item"),
        ({"Decision": "write off", "Amount": "1.200,50"}, "the amount is no amount"),
    ],
)
def test_what_cannot_be_taken_is_a_problem_with_its_place(cells: dict[str, str], what: str) -> None:
    frame, problems = layout.decisions({"Exceptions": typed(**cells)})
    assert frame.is_empty()
    assert [(problem.code, problem.where, problem.what) for problem in problems] == [
        ("decision-refused", "Exceptions!14", what)
    ]
    assert problems[0].hint
