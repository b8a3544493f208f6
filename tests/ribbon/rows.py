"""The made-up rows of the closed workbook's tests: they serve the open one, too."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "workbook"))

from workbook_cases import FACTS, view, with_log

__all__ = ["FACTS", "view", "with_log"]
