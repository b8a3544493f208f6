"""The macros as a compiler would see them, without Excel: each name declared, each call right; what they never do.

pyvbaanalysis reads the built workbook, not the sources, so that what is checked is what Excel gets.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from pyvbaanalysis import analyze_office_file

from recon import resources
from recon.workbook import build

WORKBOOKS = resources.folder("workbooks")
SOURCES = sorted((WORKBOOKS / "vba").iterdir())
NEVER = re.compile(
    r"^\s*(?:(?:public|private)\s+)?declare\b|^\s*#(?:if|const)\b|\bcreateobject\b|\bgetobject\b|\bwscript\b",
    re.IGNORECASE | re.MULTILINE,
)


def code(path: Path) -> str:
    """A source without its comments and without what stands in quotes."""
    bare = re.sub(r'"(?:[^"\n]|"")*"', '""', path.read_text("utf-8"))
    return re.sub(r"'.*", "", bare)


def findings(book: Path) -> list[str]:
    """What the checker has to say: `module: code: message`."""
    found = analyze_office_file(book, inline_suppression=False)
    assert len(found) == len(SOURCES)
    return [f"{module}: {one.code}: {one.message}" for module, told in found.items() for one in told]


def built(folder: Path, **planted: str) -> Path:
    """A workbook built from the sources, with lines added behind some of them."""
    shutil.copytree(WORKBOOKS, folder / "workbooks")
    for name, lines in planted.items():
        path = folder / "workbooks" / "vba" / name
        path.write_text(path.read_text("utf-8") + lines, encoding="utf-8", newline="\n")
    book = folder / "recon.xlsm"
    book.write_bytes(build.build(folder / "workbooks"))
    return book


def test_the_macros_have_no_undeclared_name_and_no_wrong_call() -> None:
    assert findings(WORKBOOKS / build.NAME) == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("    message = 1", "undeclared-variable"),
        ("    Tell", "argument"),
        ('    Tell "a", "b"', "argument"),
        ("    ReconNothing", "ReconNothing"),
        ("    Dim place As Range\n    place.Value = 1", "place"),
        ('    Dim number As Long\n    number = "many"', "number"),
    ],
)
def test_a_mistake_in_a_macro_is_found(line: str, says: str, tmp_path: Path) -> None:
    book = built(tmp_path, **{"ReconButtons.bas": f"\nPublic Sub ReconPlanted()\n{line}\nEnd Sub\n"})
    found = findings(book)
    assert found
    assert all(one.startswith("ReconButtons: ") for one in found)
    assert says in " ".join(found)


def test_a_mistake_in_a_sheet_s_module_is_found(tmp_path: Path) -> None:
    book = built(tmp_path, **{"shHome.cls": "\nPrivate Sub Worksheet_Activate()\n    ReconMtch\nEnd Sub\n"})
    assert any(one.startswith("shHome: ") for one in findings(book))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_module_declares_its_names_and_calls_nothing_outside(path: Path) -> None:
    lines = [line.strip() for line in code(path).splitlines() if line.strip()]
    assert lines[0] == "Option Explicit"
    assert NEVER.findall(code(path)) == []


@pytest.mark.parametrize(
    "line",
    [
        'Declare PtrSafe Function X Lib "kernel32" () As Long',
        'Private Declare Sub X Lib "user32" ()',
        "#If VBA7 Then",
        "  #Const x = 1",
        'Set x = CreateObject("WScript.Shell")',
    ],
)
def test_what_is_never_done_is_known(line: str) -> None:
    assert NEVER.findall(f"Option Explicit\n{line}\n")
