"""Reading a macro project: what the writer wrote, what Excel changes and what not, and damage."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import pytest
import xlwings
from hypothesis import given, settings
from hypothesis import strategies as st
from oletools.olevba import VBA_Parser

from recon import resources
from recon.workbook import cfb, macros, ovba
from recon.workbook.ovba import Module, ModuleKind
from recon.workbook.package import BrokenError, Package

TEMPLATE = resources.folder("workbooks") / "recon.xlsm"
LINES = st.text(st.characters(codec="cp1252", exclude_categories=["Cc"]), max_size=60)


def plain(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if not line.startswith("Attribute VB_")]


def test_the_template_s_macros_are_its_sources() -> None:
    inside = macros.of_package(Package(TEMPLATE.read_bytes()))
    sources = {
        path.stem: path.read_text("utf-8") for path in (resources.folder("workbooks") / "vba").iterdir()
    }
    assert {name: plain(text) for name, text in inside.items()} == {
        name: plain(text) for name, text in sources.items()
    }
    assert macros.changed(inside, sources) == []


@given(st.lists(st.lists(LINES, max_size=200), min_size=1, max_size=8))
@settings(max_examples=30)
def test_what_the_writer_writes_is_read(sources: list[list[str]]) -> None:
    modules = [Module(f"M{at}", ModuleKind.PROCEDURAL, "\n".join(lines)) for at, lines in enumerate(sources)]
    try:
        project = ovba.project(modules)
    except ValueError:  # its end can't be compressed
        return
    assert macros.sources(project) == {module.name: module.text for module in modules}


@pytest.mark.parametrize("name", ["quickstart_standalone.xlsm", "addin/xlwings.xlam"])
def test_projects_of_others_are_read_as_another_reader_does(name: str) -> None:
    path = Path(xlwings.__file__).parent / name
    theirs = {found: code for _, _, found, code in VBA_Parser(str(path)).extract_macros()}
    ours = macros.of_package(Package(path.read_bytes()))
    assert len(ours) > 5
    assert {found.rpartition(".")[0]: plain(code) for found, code in theirs.items()} == {
        found: plain(code) for found, code in ours.items()
    }


def test_code_that_excel_compiled_stands_before_a_source() -> None:
    """Excel's own streams have it; where the source begins stands in `dir`."""
    module = Module("M1", ModuleKind.PROCEDURAL, "Sub A()\nEnd Sub")
    listing = ovba._dir([module]).replace(struct.pack("<HII", 0x31, 4, 0), struct.pack("<HII", 0x31, 4, 5000))
    streams = {
        "VBA/dir": ovba.compress(listing),
        "VBA/M1": b"\x16" * 5000 + ovba.compress(module.text.encode("cp1252")),
    }
    assert macros.sources(cfb.build(streams)) == {"M1": module.text}


def test_what_excel_changes_when_it_saves_is_no_change() -> None:
    ours = {"M1": "Option Explicit\n\nPublic Sub Go(what As String)\n    Tell what\nEnd Sub\n"}
    saved = (
        'Attribute VB_Name = "M1"\r\nOption Explicit\r\nPublic Sub Go(What As String)\r\n'
        "    tell  What\r\n\r\nEnd Sub\r\n"
    )
    assert macros.changed({"M1": saved, "Theirs": "x"}, ours) == []
    assert macros.changed({"M1": saved.replace("tell", "Shell")}, ours) == ["M1"]
    assert macros.changed({}, ours) == ["M1"]


def test_a_workbook_without_macros_has_none() -> None:
    package = Package(TEMPLATE.read_bytes())
    package.drop("xl/vbaProject.bin", package.workbook_path)
    assert macros.of_package(package) == {}


PROJECT = ovba.project([Module("M1", ModuleKind.PROCEDURAL, "Sub A()\n" + "    Beep\n" * 900 + "End Sub")])


@given(st.integers(0, len(PROJECT) - 1), st.binary(min_size=1, max_size=8))
@settings(max_examples=300)
def test_a_damaged_project_is_read_or_refused(at: int, noise: bytes) -> None:
    damaged = PROJECT[:at] + noise + PROJECT[at + len(noise) :]
    for data in (damaged, PROJECT[:at]):
        with suppress(BrokenError):
            macros.sources(data)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 2000])
def test_what_is_no_project_is_refused(data: bytes) -> None:
    with pytest.raises(BrokenError):
        macros.sources(data)
