"""A registry in memory, and desks of other systems."""

from __future__ import annotations

from pathlib import Path

from recon.desk.places import WINDOWS
from recon.desk.registry import MACHINE, USER, Value
from recon.flow.desk import Desk

SECURITY = r"Software\Microsoft\Office\16.0\Excel\Security"
LOCATIONS = rf"{SECURITY}\Trusted Locations"
POLICY = r"Software\Policies\Microsoft\Office\16.0\Excel\Security"
POLICY_LOCATIONS = rf"{POLICY}\Trusted Locations"
POLICY_ALL = r"Software\Policies\Microsoft\Office\16.0\Common\Security\Trusted Locations"
CLOUD = r"Software\Policies\Microsoft\Cloud\Office\16.0\Excel\Security"
ASR = r"SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
MANAGED = r"SOFTWARE\Policies\Microsoft\Windows Defender\Policy Manager"
RULE = "d4f940ab-401b-4efc-aadc-ad5f3c50688a"
APP_PATH = r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
CLICK_TO_RUN = r"SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
EXCEL = r"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE"


class FakeRegistry:
    """Keys and values in memory; like the real one it knows no upper and lower case."""

    def __init__(self, *values: tuple[str, str, str, Value], writable: bool = True) -> None:
        self.held: dict[tuple[str, str], dict[str, Value]] = {}
        self.writable = writable
        for root, key, name, value in values:
            self.held.setdefault((root, key.lower()), {})[name.lower()] = value

    def value(self, root: str, key: str, name: str) -> Value | None:
        return self.held.get((root, key.lower()), {}).get(name.lower())

    def names(self, root: str, key: str) -> list[str]:
        return list(self.held.get((root, key.lower()), {}))

    def keys(self, root: str, key: str) -> list[str]:
        inside = key.lower() + "\\"
        below = [held[len(inside) :] for of, held in self.held if of == root and held.startswith(inside)]
        return sorted({name.split("\\")[0] for name in below})

    def write(self, key: str, values: dict[str, Value]) -> None:
        if not self.writable:
            raise PermissionError(13, "Access is denied")
        self.held.setdefault((USER, key.lower()), {}).update(
            {name.lower(): one for name, one in values.items()}
        )

    def remove(self, key: str) -> None:
        if not self.writable:
            raise PermissionError(13, "Access is denied")
        del self.held[USER, key.lower()]


def with_excel(*values: tuple[str, str, str, Value], writable: bool = True) -> FakeRegistry:
    return FakeRegistry(
        (MACHINE, APP_PATH, "", EXCEL),
        (MACHINE, CLICK_TO_RUN, "Platform", "x64"),
        (MACHINE, CLICK_TO_RUN, "VersionToReport", "16.0.17328.20184"),
        *values,
        writable=writable,
    )


def location(
    number: int, path: str, *, below: int = 0, key: str = LOCATIONS
) -> list[tuple[str, str, str, Value]]:
    inner = rf"{key}\Location{number}"
    return [(USER, inner, "Path", path), (USER, inner, "AllowSubfolders", below)]


def desk(tmp_path: Path, registry: FakeRegistry | None = None, system: str = WINDOWS, **environ: str) -> Desk:
    """A desk of another system, whose folders lie in a folder of the test."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    given = {"USERPROFILE": str(home), "LOCALAPPDATA": str(home / "local"), **environ}
    if system != WINDOWS:
        given = dict(environ)
    return Desk(system, given, registry or with_excel(), home)
