"""The door to the registry of Windows: the only file that knows winreg. Elsewhere there is none, and it is empty."""

from __future__ import annotations

import sys
from typing import Final, Protocol

USER: Final = "HKCU"
MACHINE: Final = "HKLM"
Value = str | int


class Registry(Protocol):
    """What is read and written. Keys and names know no upper and lower case."""

    def value(self, root: str, key: str, name: str) -> Value | None:
        """A value; None if there is none, or it is neither text nor number."""

    def names(self, root: str, key: str) -> list[str]:
        """The names of a key's values; none if there is no such key."""

    def keys(self, root: str, key: str) -> list[str]:
        """The names of the keys in a key; none if there is no such key."""

    def write(self, key: str, values: dict[str, Value]) -> None:
        """A key of the user's own with its values; made if it is not there.

        Raises:
            OSError: it may not be written.
        """

    def remove(self, key: str) -> None:
        """Take a key of the user's own away, with its values.

        Raises:
            OSError: it can't be, or is not there.
        """


class NoRegistry:
    """Of a system that has none."""

    def value(self, _root: str, _key: str, _name: str) -> Value | None:
        """Nothing."""
        return None

    def names(self, _root: str, _key: str) -> list[str]:
        """Nothing."""
        return []

    def keys(self, _root: str, _key: str) -> list[str]:
        """Nothing."""
        return []

    def write(self, _key: str, _values: dict[str, Value]) -> None:
        """Never asked for."""
        raise OSError("this system has no registry")

    def remove(self, _key: str) -> None:
        """Never asked for."""
        raise OSError("this system has no registry")


if sys.platform == "win32":
    import winreg

    _ROOTS: Final = {USER: winreg.HKEY_CURRENT_USER, MACHINE: winreg.HKEY_LOCAL_MACHINE}
    # A 32-bit Python would be shown another half of HKLM than Windows and a 64-bit Excel use.
    _READ: Final = winreg.KEY_READ | winreg.KEY_WOW64_64KEY

    class WindowsRegistry:
        """The real one."""

        def value(self, root: str, key: str, name: str) -> Value | None:
            """A value; None if there is none, or it is neither text nor number."""
            try:
                with winreg.OpenKey(_ROOTS[root], key, 0, _READ) as opened:
                    found, kind = winreg.QueryValueEx(opened, name)
            except OSError:
                return None
            if kind == winreg.REG_EXPAND_SZ:
                return winreg.ExpandEnvironmentStrings(found)
            return found if isinstance(found, str | int) else None

        def names(self, root: str, key: str) -> list[str]:
            """The names of a key's values; none if there is no such key."""
            try:
                with winreg.OpenKey(_ROOTS[root], key, 0, _READ) as opened:
                    count = winreg.QueryInfoKey(opened)[1]
                    return [winreg.EnumValue(opened, at)[0] for at in range(count)]
            except OSError:
                return []

        def keys(self, root: str, key: str) -> list[str]:
            """The names of the keys in a key; none if there is no such key."""
            try:
                with winreg.OpenKey(_ROOTS[root], key, 0, _READ) as opened:
                    count = winreg.QueryInfoKey(opened)[0]
                    return [winreg.EnumKey(opened, at) for at in range(count)]
            except OSError:
                return []

        def write(self, key: str, values: dict[str, Value]) -> None:
            """A key of the user's own with its values; made if it is not there."""
            with winreg.CreateKeyEx(winreg.HKEY_CURRENT_USER, key, 0, winreg.KEY_WRITE) as opened:
                for name, value in values.items():
                    kind = winreg.REG_DWORD if isinstance(value, int) else winreg.REG_SZ
                    winreg.SetValueEx(opened, name, 0, kind, value)

        def remove(self, key: str) -> None:
            """Take a key of the user's own away, with its values."""
            winreg.DeleteKey(winreg.HKEY_CURRENT_USER, key)


def of_this_computer() -> Registry:
    """The registry of this computer."""
    if sys.platform == "win32":
        return WindowsRegistry()
    return NoRegistry()
