"""A small view of made-up rows, and workbooks as a user could have them."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import rich_parts
import xlsxwriter

from recon import model
from recon.workbook import columns, ovba

FACTS = {
    "finished": "2 November 2026, 07:30",
    "as_of": "28 October 2026",
    "controls": "agree",
    "status": "Done",
}


def outer(table: model.Table, *rows: tuple[Any, ...]) -> pl.DataFrame:
    """Rows in outer form, cut or filled to the table's columns."""
    schema = {name: dtype for name, dtype in table.outer_schema.items() if not table[name].optional}
    return pl.DataFrame(
        [(*row, *[None] * (len(schema) - len(row))) for row in rows], schema=schema, orient="row"
    )


def view(lines: int = 4) -> dict[str, pl.DataFrame]:
    """Lines L-1, L-2, ...: suggested, exception, auto, suggested, and so on."""
    outcomes = [("suggested", "exception", "auto", "suggested")[at % 4] for at in range(lines)]
    ids = [f"L-{at + 1}" for at in range(lines)]
    amounts = [f"{100 + at}.50" for at in range(lines)]
    day = date(2026, 10, 1)
    bank = [
        (line, "GB00TEST", day, day, amount, "GBP", "BGC", f"PAYER {at}", "", f"INV-{at}", "TEXT")
        for at, (line, amount) in enumerate(zip(ids, amounts, strict=True))
    ]
    allocations = [
        (line, f"INV-{at}", amounts[at], "GBP", "0.00", "", outcome, 0.75, "reference", "number exact")
        for at, (line, outcome) in enumerate(zip(ids, outcomes, strict=True))
        if outcome != "exception"
    ]
    exceptions = [
        (line, "EX-UNID", amounts[at], "GBP", "payer unknown", "INV-8 1.00 | INV-9 2.00")
        for at, (line, outcome) in enumerate(zip(ids, outcomes, strict=True))
        if outcome == "exception"
    ]
    result = [
        (line, outcome, "", amount, "GBP")
        for line, outcome, amount in zip(ids, outcomes, amounts, strict=True)
    ]
    return {
        "bank_lines": outer(model.BANK_LINES, *bank),
        "open_items": outer(model.OPEN_ITEMS, *[(f"INV-{at}", "K1", "Payer") for at in range(lines)]),
        "remittance_lines": model.REMITTANCE_LINES.empty_outside(),
        "customers": outer(model.CUSTOMERS, ("K1", "Payer", "PAYER", 30, "")),
        "allocations": outer(model.ALLOCATIONS, *allocations),
        "exceptions": outer(model.EXCEPTIONS, *exceptions),
        "lines": outer(model.LINES, *result),
        "problems": outer(
            model.PROBLEMS, ("value-date", "bank.csv:3", "the date can't be read", "Write 2026-10-31.")
        ),
        "rules": pl.DataFrame({"rule": ["name"], "value": ["default"], "what": ["Shown in summaries."]}),
        "run_log": pl.DataFrame(
            {"when": ["2026-11-02"], "event": ["match"], "detail": ["4 lines"], "who": ["batch"]}
        ),
    }


def with_log(views: dict[str, pl.DataFrame], *rows: tuple[str, str, str]) -> dict[str, pl.DataFrame]:
    """The view with what happened to decisions."""
    schema = {"line_id": pl.String, "decision": pl.String, "result": pl.String}
    return {**views, "decisions_log": pl.DataFrame(list(rows), schema=schema, orient="row")}


def parts(path: Path) -> dict[str, bytes]:
    """The parts of a package."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path) -> dict[str, bytes]:
    """The parts of a package as they lie in the file: header, name and compressed bytes."""
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
        ends = [info.header_offset for info in infos[1:]] + [archive.start_dir]
        return {info.filename: data[info.header_offset : end] for info, end in zip(infos, ends, strict=True)}


def change_part(path: Path, name: str, old: str, new: str) -> None:
    """Change text inside one part, as a program that saved the workbook would."""
    held = parts(path)
    text = held[name].decode()
    assert old in text, f"{name} has no {old}"
    held[name] = text.replace(old, new).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, data in held.items():
            archive.writestr(part, data)


def part_of(path: Path, sheet: str) -> str:
    """The part of a sheet of the template."""
    assert path.suffix == ".xlsm"
    return f"xl/worksheets/sheet{columns.ORDER.index(sheet) + 1}.xml"


def place(sheet: str, title: str, row: int) -> str:
    """The cell of a column of the template: `place("Bank", "Amount", 4)` -> E4."""
    return f"{columns.letters(columns.TABLE_SHEETS[sheet].titles.index(title))}{row}"


def rich(path: Path) -> None:
    """A user's own macro workbook with all that openpyxl and others lose."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Plan")
    other = book.add_worksheet("Bank")
    book.set_vba_name("ThisWorkbook")
    sheet.set_vba_name("shPlan")
    other.set_vba_name("shOwnBank")
    bold = book.add_format({"bold": True, "num_format": "0.000"})
    sheet.write_row("A1", ["month", "value"], bold)
    for at in range(1, 6):
        sheet.write_row(at, 0, [at, at * 1.5], bold)
    sheet.write_formula("C2", "=SUM(B2:B6)", bold, 22.5)
    sheet.add_table("E1:F4", {"name": "Mine", "columns": [{"header": "a"}, {"header": "b"}]})
    for kind in ("line", "pie", "column"):
        chart = book.add_chart({"type": kind})
        chart.add_series({"values": "=Plan!$B$2:$B$6"})
        sheet.insert_chart(f"H{2 + 16 * ['line', 'pie', 'column'].index(kind)}", chart)
    sheet.insert_textbox("M2", "a note of mine")
    sheet.insert_button("M12", {"macro": "Mine", "caption": "mine"})
    sheet.write_comment("A2", "a comment")
    sheet.add_sparkline("G2", {"range": "Plan!B2:B6"})
    sheet.conditional_format("B2:B6", {"type": "data_bar", "data_bar_2010": True})
    sheet.data_validation("A8", {"validate": "list", "source": ["x", "y"]})
    dot = rich_parts.picture()
    sheet.insert_image("M20", "dot.png", {"image_data": io.BytesIO(dot)})
    sheet.set_header("&LMy header&C&G", {"image_center": "dot.png", "image_data_center": io.BytesIO(dot)})
    sheet.write_dynamic_array_formula("O2:O4", "=SORT(B2:B4)")
    book.define_name("mine", "=Plan!$B$2:$B$6")
    book.add_chartsheet("Chart").set_chart(_chart(book))
    modules = [
        ovba.Module("ThisWorkbook", ovba.ModuleKind.WORKBOOK),
        ovba.Module("shPlan", ovba.ModuleKind.WORKSHEET),
        ovba.Module("shOwnBank", ovba.ModuleKind.WORKSHEET),
        ovba.Module("Own", ovba.ModuleKind.PROCEDURAL, "Sub Mine()\nEnd Sub\n"),
    ]
    binary = path.with_suffix(".bin")
    binary.write_bytes(ovba.project(modules))
    book.add_vba_project(str(binary))
    book.close()
    rich_parts.add_all(path, "xl/worksheets/sheet1.xml", columns.BANK.table)


def _chart(book: Any) -> Any:
    chart = book.add_chart({"type": "bar"})
    chart.add_series({"values": "=Plan!$B$2:$B$6"})
    return chart
