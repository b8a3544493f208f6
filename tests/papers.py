"""Advices as PDFs, made by hand, one for each oddity of real ones. All names and numbers are made up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from paper import Paper, pdf

_SAP = [(40, "Document"), (120, "Your"), (220, "Date"), (-360, "Gross"), (-450, "Deductions"), (-540, "Net")]
_SAP_BELOW = [(120, "Document"), (-360, "amount"), (-540, "amount")]
_PLAIN = [(40, "Invoice Number"), (200, "Date"), (-400, "Amount")]


def india() -> bytes:
    """A broken number and date, brackets with a footnote mark, Indian and Western grouping, the header drawn last."""
    page = Paper()
    page.row(
        200, [(40, "Bill No"), (150, "Bill Date"), (-330, "Bill Amount"), (-420, "TDS"), (-520, "Net Amount")]
    )
    page.row(
        220,
        [
            (40, "MHRK24/2787"),
            (150, "09-MAY-"),
            (-330, "1,18,000.00"),
            (-420, "10,000.00"),
            (-520, "1,08,000.00"),
        ],
    )
    page.row(231, [(40, "8_QD"), (150, "2025")])
    page.row(
        250, [(40, "CN-77"), (150, "10/05/2025"), (-330, "(4,525.00)"), (-420, "-"), (-520, "*(4,525.00)")]
    )
    page.row(
        270,
        [(40, "INV-9"), (150, "11/05/2025"), (-330, "123,456.00"), (-420, "456.00"), (-520, "123,000.00")],
    )
    page.row(290, [(40, "Total"), (-330, "2,36,931.00"), (-420, "10,456.00"), (-520, "2,26,475.00")])
    page.row(320, [(40, "* credit note, see our letter of 1 May.")])
    page.row(60, [(40, "Acme Test Traders Private Limited"), (330, "UTR No: ABCDN52025050912345678")])
    page.row(75, [(40, "Somewhere Road 1"), (330, "Payment Date: 12/05/2025")])
    return pdf(page.slanted(100, 600, "COPY"))


def sap() -> bytes:
    """Trailing minus, tax below the line that it reduces, a heading of two lines that each page repeats, footers."""
    first, second = Paper(), Paper()
    for number, page in enumerate((first, second), 1):
        page.row(60, [(40, "Company: Beispiel Foods Ltd"), (350, "Payment document"), (450, "1500001234")])
        page.row(75, [(350, "Payment date"), (450, "03.03.2026")])
        page.row(100, _SAP).row(110, _SAP_BELOW)
        page.row(800, [(40, f"Page {number} of 2")])
    first.row(
        130,
        [
            (40, "5100000001"),
            (120, "INV-4471"),
            (220, "01.02.2026"),
            (-360, "14,443.74"),
            (-450, "0.00"),
            (-540, "14,443.74"),
        ],
    )
    first.row(142, [(120, "TDS 194C"), (-540, "2,205.26-")])
    first.row(
        160,
        [
            (40, "5100000002"),
            (120, "INV-4472"),
            (220, "02.02.2026"),
            (-360, "1,000.00"),
            (-450, "20.00"),
            (-540, "980.00"),
        ],
    )
    second.row(
        130,
        [
            (40, "5100000003"),
            (120, "CN-12"),
            (220, "03.02.2026"),
            (-360, "500.00-"),
            (-450, "0.00"),
            (-540, "500.00-"),
        ],
    )
    second.row(142, [(120, "INV-4472"), (220, "Withholding tax"), (-540, "(98.00)")])
    second.row(160, [(300, "Total"), (-360, "14,943.74"), (-450, "20.00"), (-540, "12,620.48")])
    return pdf(first, second)


def nhs() -> bytes:
    """The payment on each row, descriptions of several lines, a recovery."""
    heads = [
        (20, "Payment No"),
        (90, "Payment Date"),
        (160, "Payer Org Code"),
        (240, "Invoice No"),
        (300, "Description"),
    ]
    page = Paper(rotate=90).row(
        60, [*heads, (-480, "Gross"), (-540, "Discount"), (-620, "Amount Paid"), (640, "Currency")]
    )
    paid = [(20, "770012"), (90, "03/03/2026"), (160, "QXX")]
    page.row(
        80,
        [
            *paid,
            (240, "FNC-0301"),
            (300, "Nursing care"),
            (-480, "1,016.24"),
            (-540, "0.00"),
            (-620, "1,016.24"),
            (640, "GBP"),
        ],
    )
    page.row(91, [(300, "February, four")])
    page.row(102, [(300, "residents")])
    page.row(
        120,
        [
            *paid,
            (240, "FNC-0302"),
            (300, "Recovery"),
            (-480, "-254.06"),
            (-540, "0.00"),
            (-620, "-254.06"),
            (640, "GBP"),
        ],
    )
    page.row(140, [(20, "Total paid"), (-620, "762.18")])
    return pdf(page)


def centred() -> bytes:
    """Amounts in the middle of cells of two lines, so that a row's text begins above its amount."""
    page = Paper().row(100, _PLAIN)
    for number, top in enumerate((120, 160), 1):
        page.row(top, [(40, f"LONG/2026/000{number}")]).row(top + 11, [(40, "-A")])
        page.row(top + 5.5, [(200, "01/02/2026"), (-400, f"{number}00.00")])
    return pdf(page)


def ruled() -> bytes:
    """Cells in the middle of rows of even lines: only the rules say to which row a line belongs."""
    page = Paper().rule(90).row(100, _PLAIN).rule(104)
    page.row(115, [(40, "LONG/2026/")]).row(126, [(40, "0001/"), (200, "01/02/2026"), (-400, "100.00")])
    page.row(137, [(40, "A-")]).rule(141)
    page.row(152, [(40, "INV-2"), (200, "01/02/2026"), (-400, "(200.00)")]).rule(156)
    page.row(167, [(40, "B-"), (200, "01/02/2026"), (-400, "300.00")]).row(178, [(40, "77")]).rule(182)
    return pdf(page.row(193, [(40, "Total"), (-400, "200.00")]).rule(197))


def even() -> bytes:
    """The same without rules: a row with a line above its amount has one below it."""
    page = Paper().row(100, _PLAIN)
    page.row(112, [(40, "LONG/2026/")]).row(123, [(40, "0001/"), (200, "01/02/2026"), (-400, "100.00")])
    page.row(134, [(40, "A")]).row(145, [(40, "INV-2"), (200, "01/02/2026"), (-400, "200.00")])
    page.row(156, [(40, "INV-3/"), (200, "01/02/2026"), (-400, "300.00")]).row(167, [(40, "B")])
    return pdf(page)


def split() -> bytes:
    """An amount over two lines, one drawn in pieces, a total that the rows don't add up to."""
    page = Paper().row(60, [(40, "Remittance no: R-5")]).row(100, _PLAIN)
    page.row(120, [(40, "INV-1"), (200, "01/02/2026"), (-400, "1,23,45")]).row(131, [(-400, "6.78")])
    page.row(150, [(40, "INV-2"), (200, "01/02/2026"), (360, "2,000"), (382.6, ".50")])
    page.row(170, [(300, "Total"), (-400, "125,457.27")])
    return pdf(page)


def several() -> bytes:
    """Two advices in one document, the second in the middle of a page; a sentence below the table."""
    page = Paper().row(60, [(40, "Payment no: P-1"), (300, "Payment date: 03/03/2026")]).row(80, _PLAIN)
    page.row(95, [(40, "INV-1"), (200, "01/02/2026"), (-400, "10.00")])
    page.row(106, [(40, "We thank you for what you do, and ask you to write")])
    page.row(140, [(300, "Total"), (-400, "10.00")])
    page.row(400, [(40, "Payment no: P-2"), (300, "Payment date: 04/03/2026")]).row(420, _PLAIN)
    page.row(435, [(40, "INV-2"), (200, "02/02/2026"), (-400, "20.00")])
    page.row(450, [(40, "INV-3"), (200, "02/02/2026"), (-400, "2.00")])
    page.row(465, [(300, "Total"), (-400, "22.00")])
    return pdf(page)


def flush() -> bytes:
    """Headings flush left over numbers flush right, not one below its own; a stamp, and a page that is a picture."""
    page = Paper().row(60, [(40, "From: Example Council"), (300, "Payment ref: BACS-9")])
    page.row(100, [(40, "Invoice"), (140, "Gross"), (260, "Discount"), (400, "Net Amount")])
    for number, top in enumerate((120, 135, 150), 1):
        page.row(
            top, [(40, f"INV-{number}"), (-240, f"{number}1.00"), (-380, "1.00"), (-520, f"{number}0.00")]
        )
    page.slanted(200, 700, "PAID")
    return pdf(page, Paper(picture=True))


def upright(rotate: int) -> bytes:
    """The same small advice on a page turned by so much."""
    page = Paper(rotate=rotate)
    page.row(50, [(40, "Remittance advice no: R-77"), (300, "Date: 04/03/2026")]).row(
        70, [(40, "From: Example Council")]
    )
    page.row(100, _PLAIN).row(115, [(40, "INV-1"), (200, "01/02/2026"), (-400, "1,234.50")])
    page.row(130, [(40, "INV-2"), (200, "02/02/2026"), (-400, "10.00-")])
    return pdf(page.row(150, [(300, "Total"), (-400, "1,224.50")]))


def advice(number: str, paid_on: str, lines: Sequence[tuple[str, str]], total: str) -> bytes:
    """A plain advice: its number, the day, its documents with their amounts, and the total."""
    page = Paper().row(60, [(40, f"Payment no: {number}"), (300, f"Payment date: {paid_on}")]).row(80, _PLAIN)
    for place, (document, amount) in enumerate(lines):
        page.row(100 + 15 * place, [(40, document), (200, "01/02/2026"), (-400, amount)])
    return pdf(page.row(120 + 15 * len(lines), [(300, "Total"), (-400, total)]))


ODDITIES: dict[str, Callable[[], bytes]] = {
    one.__name__: one for one in (india, sap, nhs, centred, ruled, even, split, several, flush)
}
