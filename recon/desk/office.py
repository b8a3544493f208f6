"""What the registry says of Excel: where it is, and what people and policies have set. Reads, decides nothing.

The names are those of Microsoft's administrative templates for Office ("Office16": 2016 and all since).
A value of a policy counts before the person's own; the cloud policy service writes beside the group policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from recon.desk.registry import MACHINE, USER, Registry, Value

_OFFICE: Final = r"Software\Microsoft\Office\16.0"
_POLICIES: Final = (
    r"Software\Policies\Microsoft\Cloud\Office\16.0",
    r"Software\Policies\Microsoft\Office\16.0",
)
_SECURITY: Final = r"Excel\Security"
_LOCATIONS: Final = r"Excel\Security\Trusted Locations"
_LOCATIONS_OF_ALL: Final = r"Common\Security\Trusted Locations"  # of all programs of Office, by policy only
LOCATIONS: Final = rf"{_OFFICE}\{_LOCATIONS}"
_APP_PATHS: Final = (
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\excel.exe",
    r"SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\App Paths\excel.exe",
)
_CLICK_TO_RUN: Final = r"SOFTWARE\Microsoft\Office\ClickToRun\Configuration"
_INSTALL_ROOTS: Final = {
    r"SOFTWARE\Microsoft\Office\16.0\Excel\InstallRoot": "64-bit",
    r"SOFTWARE\WOW6432Node\Microsoft\Office\16.0\Excel\InstallRoot": "32-bit",
}
_BITS: Final = {"x64": "64-bit", "x86": "32-bit", "arm64": "ARM64"}
# "Block all Office applications from creating child processes" (Microsoft Defender, attack surface reduction).
ASR_CHILD_PROCESSES: Final = "d4f940ab-401b-4efc-aadc-ad5f3c50688a"
_DEFENDER: Final = r"SOFTWARE\Policies\Microsoft\Windows Defender"
_ASR_KEYS: Final = (
    rf"{_DEFENDER}\Windows Defender Exploit Guard\ASR\Rules",
    r"SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
)
_ASR_MANAGED: Final = rf"{_DEFENDER}\Policy Manager"  # where a device management writes: "rule=1|rule=2"


@dataclass(frozen=True)
class Setting:
    """A value that was set, and whether by a policy, which a person can't change."""

    value: Value | None
    by_policy: bool = False

    def is_(self, number: int) -> bool:
        """Whether it is set to that number."""
        return str(self.value) == str(number)


@dataclass(frozen=True)
class Location:
    """A folder whose workbooks Excel trusts."""

    key: str
    path: str
    with_folders: bool
    by_policy: bool


@dataclass(frozen=True)
class Office:
    """What is known of Excel on this computer."""

    program: str  # where Excel is; "" if it is not found
    version: str
    bits: str  # "64-bit", "32-bit"; "" if not known
    macros: Setting  # VBAWarnings: 1 all run, 2 asked for, 3 signed ones only, 4 none
    vba_off: Setting  # VBAOff: 1 = Office runs no VBA at all
    internet: Setting  # blockcontentexecutionfrominternet: 1 = never, whatever is clicked
    locations_off: Setting  # AllLocationsDisabled
    network_allowed: Setting  # AllowNetworkLocations
    user_locations: Setting  # 0 = only locations of policies count
    locations: tuple[Location, ...]
    child_processes: Setting  # the Defender rule: 1 block, 2 audit, 6 warn


def read(registry: Registry) -> Office:
    """All of it."""
    program, bits = _program(registry)
    return Office(
        program=program,
        version=_text(registry.value(MACHINE, _CLICK_TO_RUN, "VersionToReport")) if program else "",
        bits=bits,
        macros=_setting(registry, _SECURITY, "VBAWarnings"),
        vba_off=_setting(registry, "Common", "VBAOff"),
        internet=_setting(registry, _SECURITY, "blockcontentexecutionfrominternet"),
        locations_off=_setting(registry, _LOCATIONS, "AllLocationsDisabled"),
        network_allowed=_setting(registry, _LOCATIONS, "AllowNetworkLocations"),
        user_locations=_setting(registry, _LOCATIONS_OF_ALL, "allow user locations"),
        locations=tuple(_locations(registry)),
        child_processes=_child_processes(registry),
    )


def _program(registry: Registry) -> tuple[str, str]:
    """Where Excel is, and for how many bits it was made."""
    made = ""
    found = ""
    for root in (USER, MACHINE):
        for key in _APP_PATHS:
            found = found or _text(registry.value(root, key, "")).strip('"')
    for key, bits in _INSTALL_ROOTS.items():
        folder = _text(registry.value(MACHINE, key, "Path"))
        if folder and not made:
            found, made = found or folder, bits
    platform = _text(registry.value(MACHINE, _CLICK_TO_RUN, "Platform")).lower()
    return found, (_BITS.get(platform, made) if found else "")


def _setting(registry: Registry, key: str, name: str) -> Setting:
    """A setting: what a policy says, else what the person has set."""
    for policies in _POLICIES:
        for root in (MACHINE, USER):
            value = registry.value(root, rf"{policies}\{key}", name)
            if value is not None:
                return Setting(value, by_policy=True)
    return Setting(registry.value(USER, rf"{_OFFICE}\{key}", name))


def _locations(registry: Registry) -> list[Location]:
    keys = [(rf"{policies}\{key}", True) for policies in _POLICIES for key in (_LOCATIONS, _LOCATIONS_OF_ALL)]
    found = []
    for key, by_policy in [*keys, (LOCATIONS, False)]:
        for name in registry.keys(USER, key):
            inner = rf"{key}\{name}"
            path = _text(registry.value(USER, inner, "Path"))
            if path:
                below = str(registry.value(USER, inner, "AllowSubfolders")) == "1"
                found.append(Location(inner, path, below, by_policy))
    return found


def _child_processes(registry: Registry) -> Setting:
    for key in _ASR_KEYS:
        for name in registry.names(MACHINE, key):
            if name.strip("{}").lower() == ASR_CHILD_PROCESSES:
                return Setting(registry.value(MACHINE, key, name), by_policy=True)
    managed = _managed(_text(registry.value(MACHINE, _ASR_MANAGED, "ASRRules")))
    return Setting(managed.get(ASR_CHILD_PROCESSES), by_policy=True)


def _managed(rules: str) -> Mapping[str, str]:
    pairs = [rule.partition("=") for rule in rules.split("|")]
    return {name.strip(" {}").lower(): value.strip() for name, _, value in pairs}


def _text(value: Value | None) -> str:
    return value if isinstance(value, str) else ""
