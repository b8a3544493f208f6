"""A file as LibreOffice writes it in another form."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

OFFICE = shutil.which("soffice") or ""


def converted(path: Path, kind: str) -> Path:
    """The file as LibreOffice writes it, in a folder beside it; the test is skipped where there is no LibreOffice.

    CI fails where that skips a test, so it is no way around one.
    """
    if not OFFICE:
        pytest.skip("no LibreOffice on this machine")
    target = path.parent / "converted"
    profile = f"-env:UserInstallation={(path.parent / 'profile').as_uri()}"
    command = [OFFICE, profile, "--headless", "--convert-to", kind, "--outdir", str(target), str(path)]
    for _ in range(2):  # a new profile has to be asked twice
        subprocess.run(  # noqa: S603 - the office program that was found, on files of a test
            command,
            check=False,
            capture_output=True,
            timeout=120,
            env={**os.environ, "SAL_USE_VCLPLUGIN": "svp"},
        )
        made = target / path.with_suffix(f".{kind}").name
        if made.exists():
            return made
    raise AssertionError("LibreOffice made no file")
