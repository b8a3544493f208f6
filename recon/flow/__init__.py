"""The stairs: the only place where files, engine, store and workbook meet. Each function is a whole story.

Its names are loaded when they are asked for, by whoever stands above and by its own files: `recon --help` needs no
engine, and a run without `--store` no database.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from recon.flow import (
        audit,
        bench,
        bench_learning,
        books,
        calibration,
        cases,
        cluster,
        desk,
        doctor,
        intake,
        keep,
        learn_desk,
        learning,
        learning_page,
        letters,
        masked,
        memory,
        month,
        new_file,
        new_file_page,
        peers,
        privacy,
        profile,
        profile_shown,
        remote,
        replay,
        report,
        settings,
        shadow,
        shadow_desk,
        shadow_page,
        speed,
        trail,
    )
    from recon.flow.demo import demo, demo_job
    from recon.flow.gather import Progress, silent
    from recon.flow.intake import SetUp, TakenIn, set_up, take_in
    from recon.flow.reading import lacking, read, reading_facts, write_readings
    from recon.flow.reconcile import OUT_DEFAULT, Job, Report, reconcile
    from recon.flow.review import Collected, Posted, collect, post, refresh

__all__ = [
    "OUT_DEFAULT",
    "Collected",
    "Job",
    "Posted",
    "Progress",
    "Report",
    "SetUp",
    "TakenIn",
    "audit",
    "bench",
    "bench_learning",
    "books",
    "calibration",
    "cases",
    "cluster",
    "collect",
    "demo",
    "demo_job",
    "desk",
    "doctor",
    "intake",
    "keep",
    "lacking",
    "learn_desk",
    "learning",
    "learning_page",
    "letters",
    "masked",
    "memory",
    "month",
    "new_file",
    "new_file_page",
    "peers",
    "post",
    "privacy",
    "profile",
    "profile_shown",
    "read",
    "reading_facts",
    "reconcile",
    "refresh",
    "remote",
    "replay",
    "report",
    "set_up",
    "settings",
    "shadow",
    "shadow_desk",
    "shadow_page",
    "silent",
    "speed",
    "take_in",
    "trail",
    "write_readings",
]

# Which file has which name; a name that stands in none is that of a file.
_FILES: Final = {
    "demo": ("demo", "demo_job"),
    "gather": ("Progress", "silent"),
    "intake": ("SetUp", "TakenIn", "set_up", "take_in"),
    "reading": ("lacking", "read", "reading_facts", "write_readings"),
    "reconcile": ("OUT_DEFAULT", "Job", "Report", "reconcile"),
    "review": ("Collected", "Posted", "collect", "post", "refresh"),
}
_FILE_OF: Final = {name: file for file, names in _FILES.items() for name in names}


class _Stairs(ModuleType):
    """This package as Python sees it."""

    def __getattr__(self, name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        file = import_module(f"{__name__}.{_FILE_OF.get(name, name)}")
        made = getattr(file, name) if name in _FILE_OF else file
        super().__setattr__(name, made)
        return made

    def __setattr__(self, name: str, value: object) -> None:
        # Python lays a file's module under its name when it is loaded; `demo` and `reconcile` are functions.
        if not (name in _FILE_OF and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Stairs
