"""Excel is asked again while it is busy, but not for ever."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final, TypeVar

from recon.problems import EXIT_JOB, Problem, ReconError

_PATIENCE: Final = 30.0  # seconds in which a busy Excel is asked again
_PAUSE: Final = 0.25
_ATTEMPTS: Final = 20  # of xlwings' own, which knows no pause; unlimited unless told

# Excel says no for the moment: a cell is being edited, a dialogue is open, it calculates.
_BUSY: Final = frozenset(
    {
        -2147418111,  # RPC_E_CALL_REJECTED
        -2147417846,  # RPC_E_SERVERCALL_RETRYLATER
        -2146777998,  # VBA_E_IGNORE: a cell is being edited
        -1712,  # Mac: the event timed out
    }
)
_BUSY_ERRORS: Final = frozenset({"ExcelBusyError"})
_REFUSED_ERRORS: Final = frozenset({"com_error", "CommandError"})  # Windows, Mac; not importable elsewhere

T = TypeVar("T")


def limit_attempts() -> None:
    """Keep xlwings from asking a busy Excel without pause and without end, which it does on Windows."""
    windows = sys.modules.get("xlwings._xlwindows")
    if windows is not None:
        vars(windows)["N_COM_ATTEMPTS"] = _ATTEMPTS


def patiently(call: Callable[[], T]) -> T:
    """What the call gives; a busy Excel is asked again for a while.

    Raises:
        ReconError: book-busy, if it stays busy; book-protected, if it refuses.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return call()
        except Exception as error:
            if not _is_busy(error):
                if type(error).__name__ in _REFUSED_ERRORS:
                    raise _refused() from error
                raise
            if time.monotonic() >= until:
                raise _stays_busy() from error
        time.sleep(_PAUSE)


def _is_busy(error: Exception) -> bool:
    inner = getattr(error, "excepinfo", None) or ()
    codes = {getattr(error, "hresult", None), getattr(error, "errornumber", None), *inner[5:6]}
    return type(error).__name__ in _BUSY_ERRORS or bool(codes & _BUSY)


def _stays_busy() -> ReconError:
    hint = "Finish the cell that is being edited, close open dialogues, then press the button again."
    return ReconError(
        Problem("book-busy", "", f"Excel did not answer for {_PATIENCE:.0f} seconds", hint), EXIT_JOB
    )


def _refused() -> ReconError:
    hint = "If a sheet is protected, take the protection off (Review, Unprotect Sheet). Then press Refresh."
    return ReconError(
        Problem("book-protected", "", "Excel refused to change the open workbook", hint), EXIT_JOB
    )
