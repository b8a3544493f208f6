"""What formats are made of, for the fuzzer: numbers and pieces to put in, texts, amounts and days to choose from."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

Make = Callable[[random.Random], bytes]

_NUMBERS: Final = r"""
0 -1 00 -0 +1 1e308 NaN Infinity - . , 1,5 1.234,56 999999999999.999999 0.0000001 999999999999999999
9999999999999999999 9999999999999999999999999999999999999999 -9223372036854775808 2147483648
\xd9\xa1\xd9\xa2 1_000 0x10 1\x20000 (5) 5- \xc2\xb2 20260230 000000 991231 99999999 2026-13-45 0001-01-01
9999-12-31 31/02/2026
"""
_PIECES: Final = r"""
<!DOCTYPE\x20a> <!ENTITY\x20a\x20'b'> <![CDATA[x]]> <!-- --> <?xml\x20?> &lt; &a; &#0; &#xD800; &#1114112;
</Ntry> <Ntry> <TxDtls/> <Stmt> </Stmt> <Strd> <RtrInf/> \n:61:2601050105C1,00NTRF \n:86: \n:20:
\n:60F:C260105GBP1, \n:62M: \n-} {1: ?20 /EREF/ SVWZ+ \n16,195,1,Z,,,x \n88, \n49,1,1/ \n03,1,GBP,010,1,,/
\n02, /\x20\x2016,, <STMTTRN> </STMTTRN> <TRNAMT> <FITID> <STMTRS> </OFX> <MEMO> ISA* ~ST*820*1~ ~SE*1*1~
~RMR*IV*X**1~ ~IEA*1*1~ UNA:+.?\x20' UNB+ 'DOC+380+X' 'UNT+1+1' ? ?? " "" ' , ; \t | \n \r \r\n \x00 \x1a
\x1c \x1f \x85 =cmd|'\x20/C\x20calc'!A0 @SUM(1) - + %PDF-1.7\n PK\x03\x04 \xff \xed\xa0\x80 \xe2\x80\xae
\nContent-Type:\x20text/csv\n\n \n--b\n \n--b--\n Content-Transfer-Encoding:\x20base64\n <table><tr><td>
colspan=999999999 Total total:\x205 \nBalance\x20brought\x20forward 01/02/2026 2026-01-05 Dr Cr
"""
_TEXTS: Final = r"""
INV-1 INV-2\x20INV-3 \x20 A&B a,b "q" N\xf6l\x20GmbH =1+1 NOTPROVIDED NONREF /EREF/1//NAME/X/
EREF+1SVWZ+pay?21more Total 2026-01-05 05/01/2026 5\x20Jan\x202026 GBP C D 10.50 -3.00 1,200.00 (5.00) 0.00
12.345 1e5 9999999999999 GB29NWBK60161331926819 0
"""


def _listed(text: str) -> list[bytes]:
    """Words parted by blanks, with escapes for what can't stand there."""
    return [word.encode().decode("unicode_escape").encode("latin-1") for word in text.split()]


NUMBERS: Final = (*_listed(_NUMBERS), b"", b"9" * 5000, b"1" + b"0" * 400)
PIECES: Final = tuple(_listed(_PIECES))
_WORDS: Final = (*(word.decode("latin-1") for word in _listed(_TEXTS)), "", "x" * 70)
DAYS: Final = ("260105", "260131", "260230", "991231", "000000", "20260105", "")


def text(drawn: random.Random) -> str:
    """A text, or a number that is none."""
    return drawn.choice(_WORDS) if drawn.random() < 0.85 else drawn.choice(NUMBERS).decode()


def amount(drawn: random.Random) -> str:
    """An amount, or now and then a number that is none."""
    if drawn.random() < 0.8:
        sign, size = drawn.choice(("", "", "-")), drawn.choice((1, 3, 6))
        return f"{sign}{drawn.randrange(10**size)}.{drawn.randrange(100):02}"
    return drawn.choice(NUMBERS).decode()


def count(drawn: random.Random) -> range:
    """How many of something."""
    return range(drawn.choice((0, 1, 2, 5, 5, 30)))
