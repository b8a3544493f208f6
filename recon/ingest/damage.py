"""Damaged files: whatever a library makes of them, the user reads that the file is damaged."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from lxml import etree

from recon.ingest.source import Source

# What zipfile and lxml raise on packages that are cut, changed, protected or compressed in other ways.
PACKAGE = (
    zipfile.BadZipFile,
    zlib.error,
    etree.XMLSyntaxError,
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
    KeyError,
)


@contextmanager
def refused(source: Source, what: str, hint: str, known: tuple[type[Exception], ...]) -> Iterator[None]:
    """Turn a library's errors into `file-unreadable`.

    A library written in Rust may also stop with a panic, which is no Exception: it counts as one of them.

    Raises:
        ReconError: `file-unreadable`.
    """
    try:
        yield
    except known as error:
        raise source.refusal(what, hint) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise source.refusal(what, hint) from error
        raise
