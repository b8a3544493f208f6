"""Pictures of every sheet, out of LibreOffice: `python tests/workbook/pictures.py docs/pictures`.

The sample data is matched in a folder of its own, so that no name of this computer is in them. Needs soffice,
pdftotext and pdftoppm.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from recon import flow, resources
from recon.workbook import columns, named
from recon.workbook.file import open_book

DPI: Final = "80"
PYTHON: Final = r"C:\recon\.venv\Scripts\python.exe"


def main(out: Path) -> None:
    """Match the sample data in a workbook and draw the first page of each sheet."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        desk = Path(folder)
        shutil.copytree(resources.folder("sample_data") / "uk", desk, dirs_exist_ok=True)
        book = desk / "march.xlsm"
        job = flow.Job(
            bank=[str(desk / "bank")],
            items=[str(desk / "items.csv")],
            remittance=[str(desk / "remittances.csv")],
            customers=[str(desk / "customers")],
            rules="uk_care",
            book=book,
        )
        flow.reconcile(job)
        reported = flow.report.report([flow.report.ALL], book=book, data=desk / "month").sheets
        open_book(book).write({}, {named.CELL_PYTHON: PYTHON})
        profile = f"-env:UserInstallation={(desk / 'profile').as_uri()}"
        command = ["soffice", "--headless", profile, "--convert-to", "pdf", "--outdir", folder, str(book)]
        for _ in range(2):  # a new profile's first start may end at once
            subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - the command is written here
        pdf = desk / "march.pdf"
        for sheet, page in _pages(pdf, [*columns.TABLE_SHEETS, *reported]).items():
            name = out / sheet.lower().replace(" ", "-")
            _run("pdftoppm", "-r", DPI, "-png", "-singlefile", "-f", str(page), "-l", str(page), pdf, name)


def _pages(pdf: Path, sheets: Sequence[str]) -> dict[str, int]:
    """The first page of each sheet: Home and Dashboard have one each, the others say their name at the foot."""
    pages = _run("pdftotext", "-layout", pdf, "-").split("\f")
    found = {columns.HOME: 1, columns.DASHBOARD: 2}
    for number, text in enumerate(pages, 1):
        for sheet in sheets:
            if sheet not in found and re.search(rf"^\s*{sheet} · recon", text, re.MULTILINE):
                found[sheet] = number
    return found


def _run(*command: object) -> str:
    given = [str(part) for part in command]
    return subprocess.run(given, check=True, capture_output=True, text=True).stdout  # noqa: S603 - written here


if __name__ == "__main__":
    main(Path(sys.argv[1]))
