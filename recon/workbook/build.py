"""Build workbooks/recon.xlsm from its text sources: `python -m recon.workbook.build`.

XlsxWriter writes the package, ovba.py the macro project; the parts are then packed anew without compression and
without times, so that the same sources give the same bytes on every machine.
"""

from __future__ import annotations

import io
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from recon import resources
from recon.workbook import columns, container, dashboard, home, look, ovba
from recon.workbook.ovba import Module, ModuleKind

NAME: Final = "recon.xlsm"
HEADER_ROW: Final = 2  # of each table, from 0: title, what the sheet is for, header
_PAGE_WIDTH: Final = 200  # characters; more are too small to read on one page of A4
_MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_RIBBON: Final = (
    '<Relationship Id="rIdRibbon" Type="http://schemas.microsoft.com/office/2007/relationships/ui/extensibility" '
    'Target="customUI/customUI14.xml"/>'
)


def build(sources: Path) -> bytes:
    """The template's bytes, out of the folder `workbooks`."""
    raw = io.BytesIO()
    book = xlsxwriter.Workbook(
        raw, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": "Reconciliation", "author": "recon", "created": _MADE})
    book.set_size(1800, 1100)
    book.formats[0].set_font_name(look.FONT)
    sheets = {name: book.add_worksheet(name) for name in columns.ORDER}
    book.set_vba_name("ThisWorkbook")
    for name, sheet in sheets.items():
        sheet.set_vba_name(columns.CODE_NAMES[name])
    home.draw(book, sheets[columns.HOME])
    dashboard.draw(book, sheets[columns.DASHBOARD])
    for table in columns.TABLES:
        _table(book, sheets[table.name], table)
    book.add_vba_project(io.BytesIO(ovba.project(modules(sources / "vba"))), is_stream=True)
    book.close()
    return _packed(raw.getvalue(), (sources / "ribbon" / "customUI14.xml").read_bytes())


def modules(folder: Path) -> list[Module]:
    """The modules of the macro project: the workbook's, each sheet's, then the plain ones."""
    documents = {"ThisWorkbook": ModuleKind.WORKBOOK} | dict.fromkeys(
        columns.CODE_NAMES.values(), ModuleKind.WORKSHEET
    )
    plain = {path.stem: ModuleKind.PROCEDURAL for path in sorted(folder.glob("*.bas"))}
    return [
        Module(name, kind, (folder / f"{name}{'.cls' if kind.document else '.bas'}").read_text("utf-8"))
        for name, kind in (documents | plain).items()
    ]


def _table(book: Any, sheet: Any, table: columns.Sheet) -> None:
    """One sheet with its title, what it is for, and an empty table."""
    sheet.set_row(0, 26)
    sheet.set_row(1, 20)
    sheet.set_row(HEADER_ROW, 30)
    sheet.write_string(0, 0, table.name, book.add_format(look.text(16, bold=True, font_color=look.NAVY)))
    sheet.write_string(1, 0, table.what, book.add_format(look.text(10, font_color=look.GREY, valign="top")))
    last = len(table.columns) - 1
    body = HEADER_ROW + 1
    sheet.add_table(
        HEADER_ROW,
        0,
        body,
        last,
        {
            "name": table.table,
            "style": "Table Style Light 1",
            "banded_rows": False,
            "columns": [
                {
                    "header": column.title,
                    "header_format": book.add_format(look.header(column, filtered=True)),
                    "format": book.add_format({"num_format": look.NUMBER_FORMATS[column.kind]}),
                }
                for column in table.columns
            ],
        },
    )
    for at, column in enumerate(table.columns):
        sheet.set_column(at, at, column.width, None, {"hidden": column.hidden})
        sheet.write_blank(body, at, None, book.add_format(look.cell(column)))
        sheet.write_comment(HEADER_ROW, at, column.note, {"author": "recon", "x_scale": 1.4, "y_scale": 0.6})
        _help_typing(sheet, body, at, column)
    sheet.freeze_panes(body, table.frozen)
    width = sum(column.width for column in table.columns if not column.hidden)
    _print(sheet, f"{table.name} · recon", pages_wide=-(-width // _PAGE_WIDTH))
    sheet.repeat_rows(HEADER_ROW)
    sheet.repeat_columns(0, table.frozen - 1)


def _help_typing(sheet: Any, row: int, at: int, column: columns.Column) -> None:
    """The drop-down, what may be typed, and the colours of the confidence."""
    if column.kind is columns.Kind.CHOICE:
        sheet.data_validation(
            row,
            at,
            row,
            at,
            {
                "validate": "list",
                "source": list(column.offers),
                "error_title": "Decision",
                "error_message": "Choose one of the list.",
            },
        )
    elif column.typed and column.kind is columns.Kind.INTEGER:
        sheet.data_validation(
            row,
            at,
            row,
            at,
            {
                "validate": "integer",
                "criteria": ">=",
                "value": 1,
                "error_title": "Alternative no.",
                "error_message": "Type the number that stands before it in Alternatives.",
            },
        )
    elif column.key == "confidence":
        sheet.conditional_format(
            row,
            at,
            row,
            at,
            {
                "type": "2_color_scale",
                "min_type": "num",
                "max_type": "num",
                "min_value": 0.2,
                "max_value": 1,
                "min_color": look.LOW,
                "max_color": look.HIGH,
            },
        )


def _print(sheet: Any, footer: str, pages_wide: int) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(pages_wide, 0)
    sheet.set_margins(0.4, 0.4, 0.5, 0.6)
    sheet.set_footer(f"&L&8{footer}&R&8Page &P of &N")


def _packed(package: bytes, ribbon: bytes) -> bytes:
    """The package with the ribbon, its buttons' macros, and nothing that hangs on machine or clock."""
    old = container.Container(package)
    parts = {name: old.read(name) for name in old.names}
    parts["xl/drawings/drawing1.xml"] = home.with_macros(parts["xl/drawings/drawing1.xml"])
    parts["customUI/customUI14.xml"] = ribbon.replace(b"\r\n", b"\n")
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(
        b"</Relationships>", _RIBBON.encode() + b"</Relationships>"
    )
    parts["xl/workbook.xml"] = re.sub(
        rb"<calcPr [^>]*/>", b'<calcPr calcId="191029" fullCalcOnLoad="1"/>', parts["xl/workbook.xml"]
    )
    return container.make(parts)


def main() -> int:
    """Write the template into the folder `workbooks`; says where."""
    folder = resources.folder("workbooks")
    path = folder / NAME
    path.write_bytes(build(folder))
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
