"""One command of recon that is killed at its nth operation: `python tests/flow/killed.py N ARGUMENTS...`.

An operation is a statement that changes the store, its commit, or a file that is opened for writing, renamed, copied
or removed. The command is killed (SIGKILL: nothing is tidied up) right before its nth one, so each kill can be had
again.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event

from recon import cli

FILES = frozenset(
    ["os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.copyfile", "sqlite3.connect", "os.chmod"]
)
WRITING = os.O_WRONLY | os.O_RDWR
LOOKS = ("SELECT", "PRAGMA")


class Operations:
    """Counts operations; `each` is called before each of them, with its number."""

    def __init__(self, each: Callable[[int], None]) -> None:
        self.count = 0
        self.each = each

    def one(self) -> None:
        self.count += 1
        self.each(self.count)

    def statement(self, _connection: Connection, _cursor: object, text: str, *_more: object) -> None:
        if not text.lstrip().upper().startswith(LOOKS):
            self.one()

    def commit(self, connection: Connection) -> None:
        if connection.get_execution_options().get("recon_writes"):
            self.one()

    def file(self, name: str, what: tuple[object, ...]) -> None:
        flags = what[2] if name == "open" and len(what) > 2 else 0
        if name in FILES or (isinstance(flags, int) and flags & WRITING):
            self.one()


_now: list[Operations] = []  # a hook of files can't be taken off again


def _file(name: str, what: tuple[object, ...]) -> None:
    for operations in _now:
        operations.file(name, what)


_hooked: list[bool] = []


@contextmanager
def counted(each: Callable[[int], None] = lambda _number: None) -> Iterator[Operations]:
    """Count the operations of what is done in the block."""
    if not _hooked:
        sys.addaudithook(_file)
        _hooked.append(True)
    operations = Operations(each)
    hooks = (("before_cursor_execute", operations.statement), ("commit", operations.commit))
    for name, hook in hooks:
        event.listen(Engine, name, hook)
    _now.append(operations)
    try:
        yield operations
    finally:
        _now.remove(operations)
        for name, hook in hooks:
            event.remove(Engine, name, hook)


def main() -> None:
    """Run the command, and be killed."""
    at = int(sys.argv.pop(1))
    sys.dont_write_bytecode = True  # or the first run writes other files than the next

    def end(number: int) -> None:
        if number == at:
            os.kill(os.getpid(), signal.SIGKILL)

    with counted(end):
        cli.main()


if __name__ == "__main__":
    main()
