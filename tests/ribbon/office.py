"""A LibreOffice of the test's own: a throw-away profile in which macros run, and steps to take in it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FIRST_START = 81  # a new profile is made, and the office wants to be started again
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


@cache
def bridge() -> tuple[str, str] | None:
    """A Python that has LibreOffice's bridge, and the folder of its `uno` module; None if there is none."""
    for name in ("/usr/bin/python3", "python3"):
        python = shutil.which(name)
        if python is None:
            continue
        found = subprocess.run(  # noqa: S603 - the command is written here
            [python, "-c", "import uno; print(uno.__file__)"], capture_output=True, text=True, check=False
        )
        if found.returncode == 0:
            return python, str(Path(found.stdout.strip()).parent)
    return None


def is_there() -> bool:
    """Whether this machine has what the tests need."""
    return shutil.which("soffice") is not None and bridge() is not None


class Office:
    """A running office."""

    def __init__(self, address: str, environment: dict[str, str]) -> None:
        self._address = address
        self.environment = environment  # what a process needs that shall reach this office as its Excel

    def take(self, *steps: list[Any]) -> list[Any]:
        """Take steps (office_driver.py tells which there are); each one's answer."""
        found = bridge()
        assert found is not None
        run = subprocess.run(  # noqa: S603 - the command is written here
            [found[0], str(HERE / "office_driver.py"), self._address],
            input=json.dumps(steps),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert run.returncode == 0, f"{run.returncode}: {run.stderr}"
        answers: list[Any] = json.loads(run.stdout)
        return answers


@contextmanager
def started(folder: Path) -> Iterator[Office]:
    """An office that runs as long as the block does."""
    found = bridge()
    assert found is not None
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
    pipe = f"recon-{os.getpid()}"
    address = f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext"
    more = {
        "RECON_TEST_UNO": address,
        "RECON_TEST_UNO_PATH": found[1],
        "PYTHONPATH": str(HERE / "uno_engine"),
        "HOME": str(folder),
    }
    command = [
        "soffice",
        "--headless",
        "--norestore",
        "--nologo",
        f"-env:UserInstallation={profile.as_uri()}",
    ]
    environment = os.environ | more
    # A new profile's first start may end at once and want a second one; so it gets one that does nothing else.
    warm = subprocess.run(  # noqa: S603 - the command is written here
        [*command, "--terminate_after_init"], env=environment, capture_output=True, check=False
    )
    assert warm.returncode in (0, FIRST_START), warm.stderr.decode()
    process = subprocess.Popen(  # noqa: S603 - the command is written here
        [*command, f"--accept=pipe,name={pipe};urp"],
        env=environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    office = Office(address, environment)
    try:
        yield office
        with suppress(AssertionError):  # it may end before it answers
            office.take(["shut"])
        process.wait(20)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # what was started is only the starter of the office
            process.wait()
