"""The file that was named: its bytes, its fingerprint, and the refusals that need no format."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from recon.model import Kind, Reading
from recon.problems import Problem, ReconError
from recon.rules.profile import Profile

HEAD_SIZE = 64 * 1024  # enough for title rows, XML envelopes and the first statement
SIZE_MAX = 1 << 30  # text and workbooks are read into memory; a statement streamed from XML is not
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Source:
    """One file: how the user named it, how long it is, how it begins, and its SHA-256.

    A part of a mail is one too: its bytes are `content`, its name a `label` that no path is made of.
    """

    path: Path
    size: int
    head: bytes
    digest: str
    label: str = ""
    content: bytes | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The file's name as it was given, with `/` on every system; of a part, `mail.eml:part.csv`."""
        return self.label or self.path.as_posix()

    @cached_property
    def data(self) -> bytes:
        """All bytes, kept for whoever looks twice; raises as `load`."""
        return self.load()

    def load(self) -> bytes:
        """All bytes, for one who lets go of them.

        Raises:
            ReconError: `file-unreadable` if it is too large to be held in memory or went away.
        """
        if self.content is not None:
            return self.content
        if self.size > SIZE_MAX:
            raise self.refusal(f"it has {self.size:,} bytes; at most {SIZE_MAX:,} can be read", "split it")
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise self.refusal(_reason(error), "close it elsewhere and try again") from error

    def open(self) -> BinaryIO:
        """The file opened for streaming."""
        if self.content is not None:
            return io.BytesIO(self.content)
        return self.path.open("rb")

    def at(self, position: int | str) -> str:
        """`file:line` for messages."""
        return f"{self.name}:{position}"

    def refusal(self, what: str, hint: str = "", code: str = "file-unreadable") -> ReconError:
        """The error that refuses the whole file."""
        return ReconError(Problem(code, self.name, what, hint))


def part_of(source: Source, name: str, content: bytes) -> Source:
    """A part of a file as a file of its own."""
    digest = hashlib.sha256(content).hexdigest()
    return Source(source.path, len(content), content[:HEAD_SIZE], digest, f"{source.name}:{name}", content)


def _reason(error: OSError) -> str:
    return f"it can't be opened: {error.strerror or 'the system refuses'}"


def open_source(path: Path) -> Source:
    """Look at a file once, from end to end.

    Raises:
        ReconError: `file-missing`, `file-empty` or `file-unreadable`.
    """
    name = path.as_posix()
    try:
        if not path.exists():
            raise ReconError(
                Problem("file-missing", name, "there is no such file", "check the name and the folder")
            )
        if not path.is_file():
            raise ReconError(Problem("file-unreadable", name, "it is no file", "name a file"))
        digest, size, head = hashlib.sha256(), 0, b""
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
                size += len(block)
                head = head or block[:HEAD_SIZE]
    except OSError as error:
        raise ReconError(
            Problem(
                "file-unreadable", name, _reason(error), "close it elsewhere, or ask for the right to read it"
            )
        ) from error
    if size == 0 or (size <= HEAD_SIZE and not head.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n")):
        raise ReconError(Problem("file-empty", name, "the file is empty", "ask its sender for it again"))
    return Source(path, size, head, digest.hexdigest())


@dataclass
class Budget:
    """What the PDFs of one mail may take together; each is opened by a process of its own."""

    seconds: float = 120.0
    documents: int = 50

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.seconds <= 0 or self.documents <= 0

    def spend(self, seconds: float) -> None:
        """One more was read."""
        self.seconds -= seconds
        self.documents -= 1


@dataclass(frozen=True)
class Request:
    """What the caller knows: the profiles there are, the one he names, the place he gave the file for."""

    profiles: Sequence[Profile] = ()
    profile: str = ""
    kind: Kind | None = None
    currency_default: str = ""
    prefer: Collection[str] = ()
    advice: bool = False  # the file is a mail or a part of one: profiles for any advice may be tried
    depth: int = 0  # mails around it
    budget: Budget | None = None  # of the mail that it is a part of

    def able(self, *, advice: bool = False) -> list[Profile]:
        """The profiles that may be taken: all, or the named one; those for any advice only on an advice."""
        advice = advice or self.advice or self.kind is Kind.REMITTANCE
        return [
            profile
            for profile in self.profiles
            if self.profile == profile.name or (not self.profile and (advice or not profile.fallback))
        ]


@dataclass(frozen=True)
class Claim:
    """A reader says "mine": as which profile and kind, and how to read it."""

    profile: str
    kind: Kind
    read: Callable[[], Reading] = field(compare=False)


@dataclass(frozen=True)
class Reader:
    """One format: its name, the function that claims a file or not, and one that says why it nearly did.

    A claim is cheap: it looks at the head only (a sheet is opened). It raises ReconError where the file is
    surely of this format and can't be read all the same.
    """

    name: str
    claims: Callable[[Source, Request], list[Claim]]
    misses: Callable[[Source, Request], Problem | None] = lambda _source, _request: None
    alone: bool = False  # what it claims is surely its own, whatever others would make of it
