"""Persons in text, masked: names, NHS numbers, days of birth and addresses; organisations and documents stay.

customer Amelia Pemberton; "MRS A PEMBERTON CARE FEES"   -> [person 1]; "[person 1] CARE FEES"
"NHS NO 943 476 5919 DOB 01/02/1950 INV-1042"            -> "[NHS number] [date of birth] INV-1042"
"BRADFORD COUNCIL", "J SMITH LTD"                        -> as they are

One person has one number in all that one Masker has seen. What may be either is taken for a person: too much masked
can be looked up with `--unmask`, too little can't be taken back. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

import polars as pl

NHS_NUMBER, BORN, ADDRESS, ACCOUNT = "[NHS number]", "[date of birth]", "[address]", "[account]"
TITLES: Final = frozenset(
    (
        "MR",
        "MRS",
        "MS",
        "MISS",
        "MASTER",
        "MX",
        "DR",
        "SIR",
        "LADY",
        "LORD",
        "REV",
        "PROF",
        "SHRI",
        "SMT",
        "KUMARI",
    )
)
LEGAL: Final = frozenset(
    (
        "LTD",
        "LIMITED",
        "PVT",
        "PRIVATE",
        "LLP",
        "LP",
        "PLC",
        "CIC",
        "CIO",
        "INC",
        "CORP",
        "GMBH",
        "OPC",
        "COMPANY",
    )
)
SURNAME_MIN: Final = 3
BARE_MIN: Final = 4  # letters of a surname that is masked where it stands alone: MAY and DAY are words, too
NAMES: Final = ("counterparty", "customer_name", "payer", "name", "alias")  # columns that are a name
TEXTS: Final = (  # columns that may hold one
    *("reference", "narrative", "payment_reference", "note", "why", "text"),
    *("dispute", "detail", "service_user_ref"),
)
_ACCOUNTS: Final = ("counterparty_account", "accounts")

# Vowel signs of the scripts of India, and accents of their own: parts of a word that are no letters.
_SIGNS: Final = "".join(
    one for one in map(chr, range(0x300, 0xE00)) if unicodedata.category(one).startswith("M")
)
_LETTERS: Final = rf"(?:[^\W\d_][{_SIGNS}]*)+"
_WORD: Final = re.compile(rf"{_LETTERS}(?:['\u2019-]{_LETTERS})*")
_NO_NAME: Final = re.compile(rf"[\d_]|[^\w .,&'\u2019/{_SIGNS}-]")
_COUNTED: Final = re.compile(r"(?<=[^\W\d_]) \d{1,2}$")  # JOHN SMITH 2, the bank's second of that name
_OWNER: Final = re.compile(r"['\u2019]S$")
_WORDS_MAX: Final = 5  # of a name where nothing else stands
_TEN: Final = re.compile(r"(?<![0-9A-Za-z])(\d{3})[ -]?(\d{3})[ -]?(\d{4})(?![0-9A-Za-z])")
_SAID: Final = re.compile(r"(?i)\bNHS[ .]*(?:NO|NUM|NUMBER|#)?[.:# ]*\d{3}[ -]?\d{3}[ -]?\d{4}(?!\d)")
_BORN: Final = re.compile(
    r"(?i)\b(?:DOB|D\.O\.B\.?|BORN|DATE OF BIRTH)\W{0,3}\d{1,4}[/. -](?:\d{1,2}|[A-Z]{3,9})[/. -]\d{2,4}"
    r"|\b(?:DOB|D\.O\.B\.?|BORN|DATE OF BIRTH)\W{0,3}(?:\d{1,2}[A-Z]{3}\d{2,4}|\d{8}|\d{6})(?!\d)"
)
_ADDRESS: Final = re.compile(r"[\w.+-]{2,64}@[A-Za-z][\w.-]{1,64}")  # e-mail, UPI
_GIVEN_MAX: Final = 3  # words of a name without a title
_PREFIX_MAX: Final = 4  # letters of a document number before a mark
_MARKS: Final = "/-*:;|\n"  # between the parts of a bank's text
_FEES: Final = (
    frozenset(("CARE", "NURSING", "RESIDENT", "RESIDENTIAL", "RESPITE")),
    frozenset(("FEE", "FEES")),
)


def is_nhs_number(digits: str) -> bool:
    """Ten digits whose last is the check digit: eleven less the weighted sum (10 to 2) modulo eleven.

    Source: NHS Data Dictionary, NHS NUMBER. None begins with 000; payment numbers of NHS bodies do.
    """
    if len(digits) != len("9434765919") or not digits.isascii() or not digits.isdigit():
        return False
    check = 11 - sum(int(one) * weight for one, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return not digits.startswith("000") and check != 10 and check % 11 == int(digits[-1])  # noqa: PLR2004 - NHS


class Masker:
    """Masks what it is given; persons get their numbers in the order in which they are met.

    Args:
        organisations: words that no person's name has (COUNCIL, NHS); legal forms need not be among them.
        words: words of bank text that are no part of a name (PAYMENT, CARE).
        documents: numbers of documents, which are no NHS numbers though they may look like one.
        codes: codes of reasons and exceptions (MT-REM), which stand in our own texts and look like names; what is
            before and behind one is a text of its own.
    """

    def __init__(
        self,
        organisations: Iterable[str],
        words: Iterable[str],
        documents: Iterable[str] = (),
        codes: Iterable[str] = (),
    ) -> None:
        self._organisations = LEGAL | {one.upper() for one in organisations}
        self._words = {one.upper() for one in words}
        self._documents = {"".join(re.findall(r"\d", one)) for one in documents}
        named = "|".join(re.escape(one) for one in sorted(codes, key=len, reverse=True))
        self._codes = re.compile(rf"((?<![\w-])(?:{named})(?![\w-]))") if named else None
        self._persons: dict[tuple[str, str], int] = {}  # surname and initial -> number
        self._initials: dict[str, set[str]] = {}  # surname -> initials

    def learn(self, names: Iterable[str | None]) -> None:
        """Persons among names, so that texts that say no more than their surname are masked, too."""
        for name in sorted({one for one in names if one}):
            self._name_of(name)

    def name(self, text: str) -> str:
        """A name: a person's becomes a token, an organisation's stays."""
        token = self._name_of(text)
        return token or self.text(text)

    def is_person(self, text: str) -> bool:
        """Is a name that of a person, or may it be?"""
        return bool(self._name_of(text))

    def text(self, text: str) -> str:
        """Text with what is of a person in it masked."""
        made = _BORN.sub(BORN, _SAID.sub(NHS_NUMBER, _ADDRESS.sub(ADDRESS, text)))
        made = _TEN.sub(self._ten, made)
        if self._codes is None:
            return self._persons_in(made)
        # Every second part is a code.
        parts = self._codes.split(made)
        return "".join(part if nth % 2 else self._persons_in(part) for nth, part in enumerate(parts))

    def _persons_in(self, text: str) -> str:
        pieces, at = [], 0
        for start, end, token in self._found(text):
            pieces += [text[at:start], token]
            at = end
        return "".join([*pieces, text[at:]])

    def frame(self, frame: pl.DataFrame, more: Collection[str] = ()) -> pl.DataFrame:
        """A table with its columns of names and of free text masked, those of `more` and unknown ones, too.

        An account is masked where the payer beside it is a person, or where it is an address.
        """
        texts = {name for name in frame.columns if name in TEXTS or name in more or name.startswith("extra:")}
        names = [name for name in frame.columns if name in NAMES and name not in texts]
        for name in names:
            self.learn(frame[name].drop_nulls().unique().to_list())
        made = {name: self._column(frame[name], whole=True) for name in names}
        made |= {name: self._column(frame[name], whole=False) for name in frame.columns if name in texts}
        masked = [made[name] != frame[name] for name in ("counterparty", "name") if name in made]
        for column in (name for name in _ACCOUNTS if name in frame.columns):
            person = pl.lit(masked[0]).fill_null(value=False) if masked else pl.lit(value=False)
            hidden = ((pl.col(column).fill_null("") != "") & person) | pl.col(column).str.contains("@")
            shown = pl.when(hidden).then(pl.lit(ACCOUNT)).otherwise(pl.col(column))
            made[column] = frame.select(shown.alias(column)).to_series()
        return frame.with_columns(**made)

    def _column(self, column: pl.Series, *, whole: bool) -> pl.Series:
        mask = self.name if whole else self.text
        # in the order of the text, not of the rows: the same persons get the same numbers
        distinct = column.cast(pl.String).drop_nulls().unique().sort().to_list()
        changed = {one: masked for one in distinct if (masked := mask(one)) != one}
        if not changed:
            return column
        return column.cast(pl.String).replace(list(changed), list(changed.values()))

    def _ten(self, found: re.Match[str]) -> str:
        digits = "".join(found.groups())
        is_one = is_nhs_number(digits) and digits not in self._documents
        return NHS_NUMBER if is_one else found.group(0)

    def _token(self, surname: str, initial: str) -> str:
        known = self._initials.setdefault(surname, set())
        if not initial and len(known) == 1:
            initial = next(iter(known))
        known.add(initial)
        number = self._persons.setdefault((surname, initial), len(self._persons) + 1)
        return f"[person {number}]"

    def _person(self, words: Sequence[str]) -> str:
        """The token of a person whose name has these words, in capitals and without titles."""
        first, last = words[0], words[-1]
        if len(words) == 1:
            return self._token(first, "")
        turned = last[0] in self._initials.get(first, ()) and first[0] not in self._initials.get(last, ())
        if len(last) == 1 or turned:  # PEMBERTON A, and PEMBERTON AMELIA where she is known
            return self._token(first, last[0])
        return self._token(last, first[0])

    def _plain(self, word: str) -> bool:
        """May a word be part of a name?"""
        return word not in self._organisations and word not in self._words and word not in TITLES

    def _name_of(self, text: str) -> str:
        """The token of a name that is a person's; empty if it is none."""
        text = _COUNTED.sub("", text)
        if _NO_NAME.search(text):
            return ""
        words = [word.upper() for word in _WORD.findall(text)]
        titled = any(word in TITLES for word in words)
        words = [word for word in words if word not in TITLES and word != "AND"]
        shaped = (1 if titled else 2) <= len(words) <= _WORDS_MAX
        long = [word for word in words if len(word) >= SURNAME_MIN]
        if not shaped or not long or not all(map(self._plain, words)):
            return ""
        return self._person(words)

    def _found(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where persons stand in a text: (from, to, token), one after the other."""
        words = _Words(text, self._initials)
        at = 0
        while at < len(words.said):
            length = self._length(words, at) or self._whole(words, at)
            if length:
                names = [one for one in words.said[at : at + length] if one not in TITLES and one != "AND"]
                yield words.spans[at][0], words.spans[at + length - 1][1], self._person(names)
            at += length or 1

    def _length(self, words: _Words, at: int) -> int:
        """How many words from here on are a person's name; 0 = none."""
        run = words.run(at)
        named = next((n for n, word in enumerate(run) if not self._plain(word)), len(run))
        behind = run[named] if named < len(run) else ""
        if behind == "NHS" and not self._organisations.intersection(run[named + 1 : named + 2]):
            behind = ""  # PEMBERTON NHS FEES: who pays for her, where KENT NHS TRUST is a body
        if run and run[0] in TITLES:
            return self._titled(run)
        if not named or behind in LEGAL:
            return 0
        paid = tuple(word in kind for word, kind in zip(run[named : named + 2], _FEES, strict=False))
        if (
            paid == (True, True)
            and named <= _GIVEN_MAX
            and any(len(one) >= SURNAME_MIN for one in run[:named])
        ):
            return named
        initials = next((n for n in range(named) if len(run[n]) > 1), named)
        if 1 <= initials <= 2 and initials < named and words.capital(at):  # noqa: PLR2004 - J R SMITH
            return initials + 1 if len(run[initials]) >= SURNAME_MIN else 0
        return self._known(run[:named], behind, alone=words.alone)

    def _whole(self, words: _Words, at: int) -> int:
        """AMELIA PEMBERTON, where a text, or a part of it between marks, says no more: how many words."""
        part = words.part(at)
        shaped = 2 <= len(part) <= 3 and all(len(word) > 1 for word in part)  # noqa: PLR2004 - a given name or two
        fits = shaped and all(map(self._plain, part)) and len(part[-1]) >= SURNAME_MIN
        return len(part) if fits and all(words.capital(at + n) for n in range(len(part))) else 0

    def _titled(self, run: Sequence[str]) -> int:
        """MR J SMITH, MR AND MRS SMITH: how many words."""
        length = next(
            (
                n
                for n, word in enumerate(run)
                if word not in TITLES and word != "AND" and not self._plain(word)
            ),
            len(run),
        )
        names = [word for word in run[:length] if word not in TITLES and word != "AND"]
        if not names or (length < len(run) and run[length] in LEGAL):
            return 0
        return min(length, length - len(names) + 4)

    def _known(self, run: Sequence[str], behind: str, *, alone: bool) -> int:
        """AMELIA PEMBERTON, PEMBERTON A, PEMBERTON where she is known; PEMBERTON A where a text says no more."""
        for length in (3, 2):
            if len(run) < length:
                continue
            first, last = run[0], run[length - 1]
            if first[0] in self._initials.get(last, ()) or last[0] in self._initials.get(first, ()):
                return length
        if alone and len(run) == 2 and len(run[0]) >= SURNAME_MIN and len(run[1]) == 1:  # noqa: PLR2004 - SMITH J
            return 2
        bare = run[0] in self._initials and len(run[0]) >= BARE_MIN and behind not in self._organisations
        return int(bare)


class _Words:
    """The words of a text: what they say in capitals, where they stand, and which ones stand together."""

    def __init__(self, text: str, known: Collection[str] = ()) -> None:
        self._text, self._known = text, known
        found = [one for one in _WORD.finditer(text) if not self._numbered(one)]
        self.said = [_OWNER.sub("", one.group(0).upper()) for one in found]
        self.spans = [one.span() for one in found]
        self.alone = len(found) == 2 and not re.search(r"\d", text)  # noqa: PLR2004 - nothing but a name

    def _numbered(self, word: re.Match[str]) -> bool:
        """Is it a part of a number, as INV in INV-1042?"""
        start, end = word.span()
        if end - start >= BARE_MIN and word.group(0).upper() in self._known:
            return False  # PEMBERTON1042
        mark = "[-/_]?" if end - start <= _PREFIX_MAX else ""  # INV/1042, but SUNIL KUMAR/5123
        before, behind = self._text[max(0, start - 2) : start], self._text[end : end + 2]
        return bool(re.search(rf"\d{mark}$|_$", before) or re.match(rf"{mark}\d|_", behind))

    def run(self, at: int, longest: int = 6) -> list[str]:
        """The words from here on between which nothing stands but blanks and points."""
        made: list[str] = []
        for n in range(at, min(at + longest, len(self.said))):
            gap = self._text[self.spans[n - 1][1] : self.spans[n][0]] if n > at else ""
            if not re.fullmatch(r"[ .,]{0,3}|[ ]?&[ ]?", gap):
                break
            made.append(self.said[n])
        return made

    def part(self, at: int) -> list[str]:
        """The words from here on, if nothing else stands between two marks (the ends, a line, `/`, `-`, `*`)."""
        run = self.run(at)
        if not run:
            return []
        before = self._text[: self.spans[at][0]].rstrip(" ")
        behind = self._text[self.spans[at + len(run) - 1][1] :].lstrip(" .,")
        bounded = (not before or before[-1] in _MARKS) and (not behind or behind[0] in _MARKS)
        return run if bounded else []

    def capital(self, at: int) -> bool:
        """Does a word begin with a capital? `a` is an article, `A` an initial."""
        first = self._text[self.spans[at][0]]
        return first.isupper() or first.upper() == first.lower()  # a script without capitals
