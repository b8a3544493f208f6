"""How LibreOffice and Excel write the cells that a name stands for, and a value as it is typed."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

_CELLS = re.compile(r"\$('(?:[^']|'')+'|[^.'#]+)\.(\$[A-Z]+\$\d+(?::\$[A-Z]+\$\d+)?)")
EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's dates have no zone


def excel(content: str) -> str:
    """Cells as LibreOffice names them, as Excel does: $'Run log'.$A$1:$B$2 -> 'Run log'!$A$1:$B$2."""
    found = _CELLS.fullmatch(content)
    return f"{found.group(1)}!{found.group(2)}" if found else content


def content(refers_to: str) -> str:
    """Cells as Excel names them, as LibreOffice does: ='Ageing'!$A$1 -> $'Ageing'.$A$1."""
    sheet, _, cells = refers_to.removeprefix("=").rpartition("!")
    return f"${sheet}.{cells}" if sheet else refers_to.removeprefix("=")


def typed(value: Any) -> str:
    """A value as a person would type it."""
    if isinstance(value, dt.datetime):
        return repr((value - EPOCH) / dt.timedelta(days=1))
    return value if isinstance(value, str) else repr(value)
