"""Runs inside the system's Python, which has LibreOffice's bridge: opens a workbook, presses buttons, tells cells.

Called as: office_driver.py ADDRESS, with a JSON list of steps on standard input; answers with a JSON list.
Steps: ["open", path] ["press", button] ["fill", table, line_id, title, text] ["name", name, row, text]
["cells", sheet, area] ["used", sheet] ["formula", sheet, column, row, text] ["formulas", sheet, area]
["status", until_not, seconds] ["table", name] ["shut"]
"""

import json
import os
import sys
import time
from typing import Any

import uno
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]

START_SECONDS = 60
SETTLED_SECONDS = 1.5


def setting(name: str, value: Any) -> Any:
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


class Driver:
    def __init__(self, address: str) -> None:
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                context = resolver.resolve(address)
                break
            except Exception:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)
        manager = context.ServiceManager
        self.desktop = manager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        # What an earlier call opened is still open.
        parts = self.desktop.Components.createEnumeration()
        self.document: Any = parts.nextElement() if parts.hasMoreElements() else None

    def open(self, path: str) -> bool:
        url = uno.systemPathToFileUrl(path)
        with_macros = (setting("MacroExecutionMode", 4),)
        self.document = self.desktop.loadComponentFromURL(url, "_blank", 0, with_macros)
        return self.document is not None

    def press(self, button: str) -> str:
        """Runs what the shape's click is bound to; a shape has no accessible action to press it by."""
        page = self.document.Sheets.getByName("Home").DrawPage
        shapes = [page.getByIndex(at) for at in range(page.Count)]
        (shape,) = [shape for shape in shapes if getattr(shape, "String", "") == button]
        (script,) = [one.Value for one in shape.Events.getByName("OnClick") if one.Name == "Script"]
        self.document.ScriptProvider.getScript(script).invoke((), (), ())
        return str(script)

    def fill(self, table: str, line_id: str, title: str, text: str) -> None:
        """Types into a table's row of that line, under that heading."""
        area = self.document.DatabaseRanges.getByName(table).DataArea
        rows = self.table(table)
        ids = [row[rows[0].index("Line id")] for row in rows]
        place = (area.StartColumn + rows[0].index(title), area.StartRow + ids.index(line_id))
        self.document.Sheets.getByIndex(area.Sheet).getCellByPosition(*place).setFormula(text)

    def name(self, name: str, row: int, text: str) -> None:
        self.document.NamedRanges.getByName(name).ReferredCells.getCellByPosition(0, row).setFormula(text)

    def status(self, until_not: str, seconds: float) -> str:
        """What the status cell says once it is no stage of the work (`Matching ...`), and has stayed so a moment."""
        cell = self.document.NamedRanges.getByName("recon_status").ReferredCells.getCellByPosition(0, 0)
        until = time.monotonic() + seconds
        said, since = until_not, time.monotonic()
        while time.monotonic() < until and (
            said == until_not or said.endswith(" ...") or time.monotonic() - since < SETTLED_SECONDS
        ):
            time.sleep(0.1)
            if cell.String != said:
                said, since = str(cell.String), time.monotonic()
        return said

    def cells(self, sheet: str, area: str) -> Any:
        return self.document.Sheets.getByName(sheet).getCellRangeByName(area).getDataArray()

    def used(self, sheet: str) -> Any:
        """All cells of a sheet, from the first to the last that is used."""
        found = self.document.Sheets.getByName(sheet)
        cursor = found.createCursor()
        cursor.gotoEndOfUsedArea(False)  # noqa: FBT003 - UNO takes no names
        end = cursor.RangeAddress
        return found.getCellRangeByPosition(0, 0, end.EndColumn, end.EndRow).getDataArray()

    def formula(self, sheet: str, column: int, row: int, text: str) -> Any:
        """Types a formula, if there is one; what the cell shows."""
        cell = self.document.Sheets.getByName(sheet).getCellByPosition(column, row)
        if text:
            cell.setFormula(text)
        return cell.String

    def formulas(self, sheet: str, area: str) -> Any:
        return self.document.Sheets.getByName(sheet).getCellRangeByName(area).getFormulaArray()

    def table(self, name: str) -> Any:
        area = self.document.DatabaseRanges.getByName(name).DataArea
        sheet = self.document.Sheets.getByIndex(area.Sheet)
        return sheet.getCellRangeByPosition(
            area.StartColumn, area.StartRow, area.EndColumn, area.EndRow
        ).getDataArray()

    def shut(self) -> None:
        if self.document is not None:
            self.document.close(True)  # noqa: FBT003 - UNO takes no names
        self.desktop.terminate()


if __name__ == "__main__":
    driver = Driver(sys.argv[1])
    sys.stdout.write(json.dumps([getattr(driver, name)(*given) for name, *given in json.load(sys.stdin)]))
    sys.stdout.flush()
    # All is said: on a busy machine the bridge's threads break Python off while it takes itself apart.
    os._exit(0)
