"""Who is at this computer."""

from __future__ import annotations

import getpass


def login() -> str:
    """The login name that a run, a decision or a posting is signed with."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"
