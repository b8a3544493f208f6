"""The template: built from its sources alone, with every sheet, name, macro and look that it promises."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from oletools.olevba import VBA_Parser

from recon import resources
from recon.workbook import build, columns, named, words
from recon.workbook.package import Element, Package, tag

WORKBOOKS = resources.folder("workbooks")


@pytest.fixture(scope="module")
def template() -> bytes:
    return (WORKBOOKS / build.NAME).read_bytes()


@pytest.fixture(scope="module")
def parts(template: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(template)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_template_is_what_its_sources_give(parts: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(build.build(WORKBOOKS))) as archive:
        built = {name: archive.read(name) for name in archive.namelist()}
    assert list(built) == list(parts)
    assert [name for name in built if built[name] != parts[name]] == []


def test_building_twice_gives_the_same_bytes() -> None:
    assert build.build(WORKBOOKS) == build.build(WORKBOOKS)


def test_the_macros_inside_are_the_sources(template: bytes) -> None:
    inside = {}
    for _, _, name, code in VBA_Parser("recon.xlsm", data=template).extract_macros():
        lines = code.replace("\r\n", "\n").split("\n")
        inside[name] = "\n".join(line for line in lines if not line.startswith("Attribute "))
    sources = {path.name: path.read_text("utf-8") for path in sorted((WORKBOOKS / "vba").iterdir())}
    assert set(inside) == set(sources)
    for name, text in sources.items():
        assert inside[name].strip() == text.strip(), name


def test_the_macros_are_thin() -> None:
    text = (WORKBOOKS / "vba" / "ReconButtons.bas").read_text("utf-8")
    assert not re.search(r"\bDeclare\b|^#If|CreateObject", text, re.MULTILINE)
    assert len([line for line in text.splitlines() if line.strip()]) <= 80


def test_every_macro_that_is_called_exists(parts: dict[str, bytes]) -> None:
    subs = set(re.findall(r"Sub (\w+)", (WORKBOOKS / "vba" / "ReconButtons.bas").read_text("utf-8")))
    called = {
        found.decode() for found in re.findall(rb'macro="\[0\]!(\w+)"', parts["xl/drawings/drawing1.xml"])
    }
    ribbon = etree.fromstring(parts["customUI/customUI14.xml"])
    for button in ribbon.iter("{http://schemas.microsoft.com/office/2009/07/customui}button"):
        called |= {button.get("onAction", ""), button.get("id", "")}
    assert called
    assert called <= subs


def attribute(root: Element, child: str) -> str:
    """The code name that a child element gives."""
    found = root.find(tag(child))
    assert found is not None
    return str(found.get("codeName"))


def test_each_sheet_has_one_document_module_of_its_code_name(parts: dict[str, bytes]) -> None:
    workbook = etree.fromstring(parts["xl/workbook.xml"])
    assert attribute(workbook, "workbookPr") == "ThisWorkbook"
    codes = [
        attribute(etree.fromstring(parts[f"xl/worksheets/sheet{at + 1}.xml"]), "sheetPr")
        for at in range(len(columns.ORDER))
    ]
    assert codes == list(columns.CODE_NAMES.values())
    assert {module.name for module in build.modules(WORKBOOKS / "vba")} == {
        *codes,
        "ThisWorkbook",
        "ReconButtons",
    }


def test_the_package_says_that_it_holds_macros_and_a_ribbon(parts: dict[str, bytes]) -> None:
    types = parts["[Content_Types].xml"].decode()
    assert "application/vnd.ms-excel.sheet.macroEnabled.main+xml" in types
    assert "application/vnd.ms-office.vbaProject" in types
    assert "relationships/ui/extensibility" in parts["_rels/.rels"].decode()
    assert "office/2006/relationships/vbaProject" in parts["xl/_rels/workbook.xml.rels"].decode()
    assert not re.search(r"20(2[0-57-9])", parts["docProps/core.xml"].decode().replace("2026-01-01", ""))


def test_the_sheets_stand_in_the_agreed_order_with_their_tables(template: bytes) -> None:
    package = Package(template)
    assert [sheet.name for sheet in package.sheets()] == [
        "Home",
        "Dashboard",
        "Suggestions",
        "Exceptions",
        "Allocations",
        "Bank",
        "Open items",
        "Remittances",
        "Customers",
        "Rules",
        "Problems",
        "Run log",
    ]
    found = {name: sheet.name for name, (_, sheet) in package.tables().items()}
    assert found == {sheet.table: sheet.name for sheet in columns.TABLES}
    assert set(package.defined_names()) == set(named.BLOCKS)


def test_headers_are_frozen_filtered_formatted_and_explained(template: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t.xlsm"
    path.write_bytes(template)
    book = openpyxl.load_workbook(path)
    for spec in columns.TABLES:
        sheet = book[spec.name]
        table = sheet.tables[spec.table]
        assert sheet.freeze_panes == f"{columns.letters(spec.frozen)}4"
        assert [cell.value for cell in sheet[3]] == spec.titles == table.column_names
        assert table.autoFilter.ref == table.ref
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == 9
        for at, column in enumerate(spec.columns, 1):
            cell = sheet.cell(4, at)
            assert cell.font.name == "Calibri"
            assert sheet.cell(3, at).comment.text == column.note, (spec.name, column.title)
            if column.kind is columns.Kind.DATE:
                assert cell.number_format == "dd/mm/yyyy"
            if column.kind is columns.Kind.MONEY:
                assert cell.number_format.startswith("#,##0.00")
    for spec in columns.REVIEWED:
        place = columns.letters(spec.titles.index("Decision")) + "4"
        rules = [rule for rule in book[spec.name].data_validations.dataValidation if place in str(rule.sqref)]
        assert [rule.formula1 for rule in rules] == ['"' + ",".join(columns.CHOICES) + '"']
        hidden = columns.letters(spec.titles.index("Row hash"))
        assert book[spec.name].column_dimensions[hidden].hidden


def test_titles_are_unique_whatever_their_case() -> None:
    for spec in columns.TABLES:
        titles = [title.lower() for title in spec.titles]
        assert len(set(titles)) == len(titles), spec.name
        assert set(spec.ids) <= set(spec.by_key)


def test_every_exception_code_has_plain_words_and_a_next_step() -> None:
    assert all(code.startswith("EX-") and what and then for code, (what, then) in words.EXCEPTIONS.items())
    assert len(words.EXCEPTIONS) == 60
