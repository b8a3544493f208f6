"""Fail if a test that was meant to run was skipped: reads the JUnit reports of pytest that are named.

Not meant to run are tests marked corpus where RECON_CORPUS names no folder, and those marked excel, which are never
chosen here. A test that is expected to fail (xfail) has run.
"""

import os
import sys
from pathlib import Path
from xml.etree import ElementTree as ET  # our own pytest wrote the files

CORPUS = "RECON_CORPUS"


def skipped(report: str, *, corpus: bool) -> tuple[int, list[str]]:
    """How many tests a report holds, and those that were skipped without leave, each with its reason."""
    tests = ET.parse(report).getroot().findall(".//testcase")  # noqa: S314 - as above
    found: list[str] = []
    for test in tests:
        for skip in test.findall("skipped"):
            reason = skip.get("message") or ""
            if skip.get("type") == "pytest.xfail" or (not corpus and CORPUS in reason):
                continue
            found.append(f"{test.get('classname')}::{test.get('name')}: {reason}")
    return len(tests), found


def main(reports: list[str]) -> int:
    """Read the reports, print what was skipped, and return the exit code."""
    corpus = bool(os.environ.get(CORPUS))
    bad = False
    for report in reports:
        total, found = skipped(report, corpus=corpus)
        print(f"{Path(report).name}: {total} tests, {len(found)} skipped without leave")
        print("\n".join(f"  skipped: {one}" for one in found), end="\n" if found else "")
        bad = bad or bool(found) or total == 0
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
