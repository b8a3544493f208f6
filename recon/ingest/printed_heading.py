"""Where on a printed page a table's heading is, and from where to where each of its columns reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from recon.ingest.grid import clean, key
from recon.ingest.names import named, names_of, plain
from recon.ingest.printed import Line, Word, cells
from recon.rules.profile import Profile

_LINES_MAX: Final = 3  # of a heading
_CLOSE: Final = 1.9  # of the height: lines of one heading


@dataclass(frozen=True)
class Place:
    """A column: its name (the profile's where it has one) and the width of its heading."""

    name: str
    left: float
    right: float


@dataclass(frozen=True)
class Head:
    """A heading: the lines that it takes, by index, and its columns from left to right."""

    first: int
    last: int
    columns: tuple[Place, ...]
    twice: tuple[str, ...] = ()  # what is said of columns that can be the same
    beside: bool = False  # the same heading stands beside itself


def heads(lines: Sequence[Line], profile: Profile) -> list[Head]:
    """All places where the profile's heading stands; that of more lines wins."""
    known = names_of(profile)
    begins = [_beginnings(name, known) for name in dict.fromkeys(profile.header)]
    if not begins:
        return []
    # Most lines have no word that any name of the heading begins with, and to see that is cheap.
    hits = [{at for at, words in enumerate(begins) if not words.isdisjoint(line.keys)} for line in lines]
    found: list[Head] = []
    index = 0
    while index < len(lines):
        likely = len(set().union(*hits[index : index + _LINES_MAX])) == len(begins)
        head = next(_at(lines, index, profile, known), None) if likely else None
        if head is None:
            index += 1
        else:
            found.append(head)
            index = head.last + 1
    return found


def _beginnings(name: str, known: dict[str, str]) -> frozenset[str]:
    """All that a name of that column may begin with."""
    names = [theirs for theirs, ours in known.items() if ours == name]
    return frozenset(theirs[:end] for theirs in names for end in range(1, len(theirs) + 1))


def _at(lines: Sequence[Line], index: int, profile: Profile, known: dict[str, str]) -> Iterator[Head]:
    """The heading that begins with this line, in three lines, two, or one."""
    for count in range(_LINES_MAX, 0, -1):
        window = lines[index : index + count]
        if len(window) < count or not _together(window):
            continue
        stacks = _stacks(window)
        if count == 1 and not profile.fallback:
            stacks = _parted(stacks, known)
        texts = [_text(stack) for stack in stacks]
        names, twice = named(texts, profile)
        places = tuple(_place(stack, name) for stack, name in zip(stacks, _apart(names), strict=True))
        told = {word for stack in stacks if plain(_text(stack)) in known for word in stack}
        if count > 1 and not all(told.intersection(line.words) for line in window):
            continue  # a title that happens to stand above the heading is no part of it
        if _fits({place.name for place in places}, profile):
            yield Head(index, index + count - 1, places, twice, _beside(texts, profile, known))


def _together(window: Sequence[Line]) -> bool:
    return all(
        one.page == other.page and one.base - other.base <= _CLOSE * max(one.height, other.height)
        for one, other in pairwise(window)
    )


def _stacks(window: Sequence[Line]) -> list[list[Word]]:
    """The cells of a heading's lines, those that stand above one another together, from left to right."""
    stacks: list[list[Word]] = []
    spans: list[tuple[float, float]] = []
    for line in window:
        for cell in cells(line.words):
            left, right = cell[0].left, cell[-1].right
            over = [index for index, (low, high) in enumerate(spans) if left < high and low < right]
            for index in reversed(over[1:]):
                stacks[over[0]] += stacks.pop(index)
                low, high = spans.pop(index)
                spans[over[0]] = min(spans[over[0]][0], low), max(spans[over[0]][1], high)
            if over:
                stacks[over[0]] += cell
                spans[over[0]] = min(spans[over[0]][0], left), max(spans[over[0]][1], right)
            else:
                stacks.append(list(cell))
                spans.append((left, right))
    order = sorted(range(len(stacks)), key=lambda index: spans[index])
    return [stacks[index] for index in order]


def _parted(stacks: Sequence[list[Word]], known: dict[str, str]) -> list[list[Word]]:
    """Cells whose words are several columns' names, close together: parted where the names end."""
    made: list[list[Word]] = []
    for stack in stacks:
        parts = None if plain(_text(stack)) in known else _names_in(stack, known)
        made += parts or [stack]
    return made


def _names_in(words: Sequence[Word], known: dict[str, str]) -> list[list[Word]] | None:
    """The words as names that are known, the longest first; None if they are not."""
    parts: list[list[Word]] = []
    at = 0
    while at < len(words):
        ends = range(len(words), at, -1)
        end = next((end for end in ends if plain(_text(words[at:end])) in known), None)
        if end is None:
            return None
        parts.append(list(words[at:end]))
        at = end
    return parts


def _text(words: Sequence[Word]) -> str:
    return clean(" ".join(word.text for word in words))


def _place(stack: Sequence[Word], name: str) -> Place:
    return Place(name, min(word.left for word in stack), max(word.right for word in stack))


def _apart(names: Sequence[str]) -> list[str]:
    """The names, each only once: the second `Rate` is `Rate (2)`."""
    seen: dict[str, int] = {}
    made = []
    for name in names:
        number = seen[key(name)] = seen.get(key(name), 0) + 1
        made.append(name if number == 1 else f"{name} ({number})")
    return made


def _beside(texts: Sequence[str], profile: Profile, known: dict[str, str]) -> bool:
    """Whether a line holds the heading more than once, word for word: then tables stand side by side."""
    words = [plain(text) for text in texts]
    again = {known[word] for word in words if word in known and words.count(word) > 1}
    return again.issuperset(profile.header)


def _fits(names: set[str], profile: Profile) -> bool:
    keys = {key(name) for name in names}
    return keys.issuperset(key(name) for name in profile.header) and keys.isdisjoint(
        key(name) for name in profile.header_absent
    )
