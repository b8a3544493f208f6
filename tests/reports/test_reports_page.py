"""The page of the reports says every report, file and column, as they are declared."""

from __future__ import annotations

from pathlib import Path

from report_cases import inputs

from recon.flow.report import file_name
from recon.model import MONTH_TABLES
from recon.reports import REPORTS, Column, Kind

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
HOLDS = {
    Kind.TEXT: "text",
    Kind.LONG: "text",
    Kind.DATE: "date",
    Kind.MONEY: "decimal",
    Kind.NUMBER: "whole number",
    Kind.PERCENT: "per cent",
    Kind.TENTHS: "number, one decimal",
    Kind.HUNDREDTHS: "number, two decimals",
    Kind.RATE: "per cent, four decimals",
}


def row(column: Column) -> str:
    return f"| `{column.name}` | {HOLDS[column.kind]} | {column.what} |"


def test_every_report_and_its_sheets_are_told() -> None:
    for name, report in REPORTS.items():
        sheets = dict.fromkeys(part.sheet for part in report.make(inputs()).parts if part.sheet)
        assert f"| `{name}` | {', '.join(f'*{sheet}*' for sheet in sheets)} |" in PAGE


def test_every_file_has_its_heading_and_its_columns() -> None:
    for name, report in REPORTS.items():
        for part in report.make(inputs()).parts:
            file = file_name(name, part)
            assert f"`{file}`" in PAGE, file
            section = PAGE.partition(f"`{file}`")[2].partition("\n## ")[0]
            # By invoice date stands with the same table as by due date, but for the first bucket's name.
            missing = [row(one) for one in part.columns if row(one) not in section and one.name != "day_0"]
            assert missing == [], file


def test_no_sheet_of_a_report_is_named_like_an_input() -> None:
    """Else the next report would read what the last one wrote."""
    sheets = {part.sheet.lower() for one in REPORTS.values() for part in one.make(inputs()).parts}
    assert not sheets & {str(kind).replace("_", " ") for kind in MONTH_TABLES}
