"""What happens to a reference on its way: typing, cutting, wrapping, and characters nobody sees."""

from __future__ import annotations

import re
from random import Random

from recon.bench.dice import chance

_NUMBER = re.compile(r"\d+")
LOOKALIKES = {"0": "O", "1": "I", "5": "S", "8": "B"}


def reformatted(doc_no: str, rng: Random) -> str:
    """The same letters and digits with other separators, or in lower case. `INV-001042` -> `inv 001042`."""
    plain = re.sub(r"[^A-Za-z0-9]+", rng.choice(("", " ", "/", "-", ".")), doc_no)
    if plain == doc_no:  # no separators: put one between letters and digits
        plain = re.sub(r"(?<=[A-Z])(?=\d)", rng.choice((" ", "-", "/")), doc_no, count=1)
    return plain.lower() if plain == doc_no or chance(rng, 0.2) else plain


def squeezed(doc_no: str) -> str:
    """Without separators and blanks. `INV-001042` -> `INV001042`."""
    return re.sub(r"[^A-Za-z0-9]+", "", doc_no)


def zeros_dropped(doc_no: str) -> str:
    """Without the leading noughts of its last number. `INV-001042` -> `INV-1042`."""
    last = list(_NUMBER.finditer(doc_no))[-1]
    return doc_no[: last.start()] + last.group().lstrip("0") + doc_no[last.end() :]


def prefix_dropped(doc_no: str) -> str:
    """Its last number alone. `INV-001042` -> `001042`."""
    return list(_NUMBER.finditer(doc_no))[-1].group()


def lookalike(doc_no: str, rng: Random) -> str:
    """One digit written as the letter that looks like it; unchanged if it has no such digit."""
    last = list(_NUMBER.finditer(doc_no))[-1]
    places = [place for place in range(last.start(), last.end()) if doc_no[place] in LOOKALIKES]
    if not places:
        return doc_no
    place = rng.choice(places)
    return doc_no[:place] + LOOKALIKES[doc_no[place]] + doc_no[place + 1 :]


def typo(doc_no: str, rng: Random) -> str:
    """One digit of its last number replaced by another one."""
    last = list(_NUMBER.finditer(doc_no))[-1]
    place = rng.randrange(last.start(), last.end())
    wrong = rng.choice([digit for digit in "0123456789" if digit != doc_no[place]])
    return doc_no[:place] + wrong + doc_no[place + 1 :]


def wrapped(doc_no: str, rng: Random) -> str:
    """Broken by a blank inside its last number, as a wrapped PDF line is."""
    last = list(_NUMBER.finditer(doc_no))[-1]
    place = rng.randrange(last.start() + 2, last.end() - 1)
    return f"{doc_no[:place]} {doc_no[place:]}"


def odd_characters(doc_no: str, rng: Random) -> str:
    """With a no-break space, a zero-width space or another dash where a separator was."""
    odd = rng.choice(("\u00a0", "\u200b", "\u2013", "\u2010"))
    return (
        re.sub(r"[-/ ]", odd, doc_no) if re.search(r"[-/ ]", doc_no) else doc_no[:2] + "\u200b" + doc_no[2:]
    )


def neighbours(text: str) -> list[str]:
    """All texts one character off: replaced, left out, put in. Letters and digits only."""
    found: set[str] = set()
    for place in range(len(text) + 1):
        for digit in "0123456789":
            found.add(text[:place] + digit + text[place:])
            if place < len(text):
                found.add(text[:place] + digit + text[place + 1 :])
        if place < len(text):
            found.add(text[:place] + text[place + 1 :])
    found.discard(text)
    return sorted(found)


def misspelt(name: str, rng: Random) -> str:
    """A name with one letter left out, doubled or swapped with its neighbour, not at a word's start."""
    places = [i for i in range(2, len(name) - 1) if name[i - 1 : i + 2].isalpha()]
    place = rng.choice(places or [2])
    kind = rng.randrange(3)
    if kind == 0:
        return name[:place] + name[place + 1 :]
    if kind == 1:
        return name[:place] + name[place] + name[place:]
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


def mangled(name: str) -> str:
    """A name whose vowels came through the wrong encoding."""
    return name.replace("A", "\u00c3\u201e", 1).replace("E", "\u00c3\u2030", 1)
