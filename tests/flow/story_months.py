"""Three months of a small ledger: what the bank, the ledger and two reviewers do, as steps over a folder.

Each step is what people and files do before, one command of recon, and what must come of it. `play` runs them in
order, by a function that runs the command: in this process, or in one that is killed. After each step the ledger, the
store and the workbook are compared to the penny.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from flow_cases import Ran, decide, recon, sheet
from story_checks import check
from story_ledger import Invoice, Ledger

BANK = "account,booking_date,amount,currency,type,counterparty,reference,narrative\n"
ACCOUNT = "20-00-00 12345678"
RULES = """extends: default
accounts:
  banks: {"20-00-00 12345678": "1200"}
  receivables: "1100"
  suspense: "2190"
  types: {WO: "8100"}
controls:
  hand_post_ceiling: 100.00
"""


def line(day: str, amount: str, payer: str, reference: str = "", narrative: str = "") -> str:
    return f"{ACCOUNT},2026-{day},{amount},GBP,BGC,{payer},{reference},{narrative}\n"


NORTH, SOUTH, WEST, EAST = "NORTHSIDE CARE LTD", "SOUTHSIDE CARE LTD", "WESTBROOK HOMES", "EASTFIELD TRUST"
JANUARY = [
    line("01-05", "120.50", NORTH, "INV-1001"),
    line("01-06", "80.00", NORTH, "INV-1002", "PART OF IT"),
    line("01-07", "77.70", "WHO IS THIS"),
    line("01-08", "-500.00", "OWN ACCOUNT", "", "TREASURY SWEEP"),
    line("01-12", "1480.00", WEST, "INV-1004"),
    line("01-29", "310.25", EAST, "INV-1006"),
    line("01-30", "45.00", "A STRANGER"),
]
FEBRUARY = [
    line("02-03", "450.00", SOUTH, "INV-1007"),
    line("02-04", "-310.25", EAST, "INV-1006", "RETURNED PAYMENT"),
    line("02-10", "20.00", NORTH, "INV-1002"),
    line("02-16", "600.00", WEST, "INV-2001 INV-2002"),
    line("02-26", "199.99", NORTH, "INV-2003"),
]
MARCH = [
    line("03-03", "310.25", EAST, "INV-1006"),
    line("03-10", "90.00", SOUTH, "INV-2004"),
    line("03-17", "199.99", SOUTH, "INV-2003"),
]


def _invoices(*told: tuple[str, str, str, str, str]) -> list[Invoice]:
    return [
        Invoice(number, customer, name, f"2026-{day}", f"2026-{day[:2]}-28", Decimal(amount))
        for number, customer, name, day, amount in told
    ]


FIRST = _invoices(
    ("INV-1001", "C1", "Northside Care Ltd", "01-01", "120.50"),
    ("INV-1002", "C1", "Northside Care Ltd", "01-02", "100.00"),
    ("INV-1003", "C2", "Southside Care Ltd", "01-03", "60.00"),
    ("INV-1004", "C3", "Westbrook Homes", "01-03", "1500.00"),
    ("INV-1006", "C4", "Eastfield Trust", "01-04", "310.25"),
    ("INV-1007", "C2", "Southside Care Ltd", "01-05", "450.00"),
)
SECOND = _invoices(
    ("INV-2001", "C3", "Westbrook Homes", "02-01", "240.00"),
    ("INV-2002", "C3", "Westbrook Homes", "02-01", "360.00"),
    ("INV-2003", "C1", "Northside Care Ltd", "02-02", "199.99"),
    ("INV-2004", "C2", "Southside Care Ltd", "02-02", "90.00"),
    ("INV-2005", "C2", "Southside Care Ltd", "02-03", "17.70"),
)
REMITTANCE = (
    "remittance_id,payer,payment_date,payment_reference,payment_amount,currency,doc_no,gross_amount,paid_amount\n"
    "R-1,Southside Care Ltd,2026-01-07,,77.70,GBP,INV-1003,60.00,60.00\n"
    "R-1,Southside Care Ltd,2026-01-07,,77.70,GBP,INV-2005,17.70,17.70\n"
)


@dataclass
class Place:
    """The folder of the story, where its store is, and the ledger beside it."""

    root: Path
    address: str = ""  # of the store; empty: beside the workbook
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def book(self) -> Path:
        return self.root / "book.xlsm"

    @property
    def store(self) -> str:
        return self.address or str(self.root / "book.recon.db")

    def put(self, name: str, content: str) -> None:
        (self.root / name).write_text(content, encoding="utf-8")

    def line_of(self, amount: str, payer: str = "") -> str:
        """The last line of that amount and payer."""
        return [
            row["Line id"]
            for row in sheet(self.book, "Bank")
            if row["Amount"] == amount and payer in row["Counterparty"]
        ][-1]

    def type(self, amount: str, payer: str = "", **cells: str) -> None:
        """Decide on a line, on whichever sheet it waits or is settled; `_` stands for a blank in a title."""
        found = self.line_of(amount, payer)
        for name in ("Allocations", "Suggestions", "Exceptions"):
            shown = [row for row in sheet(self.book, name) if row["Line id"] == found]
            if shown and shown[0]["Row hash"]:  # on Allocations what is only proposed has none
                typed = {key.replace("_", " "): value for key, value in cells.items()}
                decide(self.book, name, {found: typed})
                return
        raise AssertionError(f"no sheet has {payer} {amount}")


Act = Callable[[Place], object]


def _nothing(_place: Place) -> None:
    """Nobody does anything before."""


@dataclass(frozen=True)
class Step:
    """before: what people and files do; command: of recon; after: what the ledger does; code, says: what comes."""

    name: str
    command: Callable[[Place], Sequence[object]]
    before: Act = _nothing
    after: Act = _nothing
    code: int = 0
    says: str = ""


def run(bank: str, items: str, *more: str) -> Callable[[Place], Sequence[object]]:
    def command(place: Place) -> Sequence[object]:
        places = [one if one.startswith("--") else place.root / one for one in more]
        given = ["--bank", place.root / bank, "--items", place.root / items, *places]
        rules = ["--rules", place.root / "rules.yaml"]
        return ["run", *given, *rules, "--book", place.book, "--store", place.store, "--quiet"]

    return command


def apply(who: str) -> Callable[[Place], Sequence[object]]:
    return lambda place: ["apply", "--book", place.book, "--store", place.store, "--who", who]


def post(who: str) -> Callable[[Place], Sequence[object]]:
    return lambda place: [
        *("post", "--format", "generic", "--book", place.book, "--store", place.store),
        *("--out", place.root / "posted", "--who", who),
    ]


def imported(place: Place) -> None:
    place.ledger.import_(place.root / "posted")


def _start(place: Place) -> None:
    place.ledger.raise_(FIRST)
    place.put("rules.yaml", RULES)
    place.put("january.csv", BANK + "".join(JANUARY))
    place.put("items_01.csv", place.ledger.extract())


def _anna_january(place: Place) -> None:
    place.type("80.00", Decision="accept", Note="rest comes later")
    place.type("77.70", Decision="on account")
    place.type(
        "1480.00",
        Decision="write off",
        Item="INV-1004",
        Amount="20.00",
        Note="agreed by their letter",
    )
    place.type("45.00", Decision="query", Note="asked the bank")


def _february(place: Place) -> None:
    place.ledger.raise_(SECOND)
    place.put("february.csv", BANK + "".join(JANUARY[-2:] + FEBRUARY[:-1]))  # two lines come again
    place.put("items_02.csv", place.ledger.extract())
    place.put("remittance.csv", REMITTANCE)


def _anna_february(place: Place) -> None:
    place.type("310.25", "EASTFIELD", Decision="reject", Note="the bank took it back")
    place.type("45.00", Decision="on account", Item="C3", Note="the bank says: Westbrook")


def _ben_february(place: Place) -> None:
    explained = {"New_item": "INV-1003 60.00; INV-2005 17.70", "Note": "their remittance came"}
    place.type("77.70", Decision="allocate", **explained)
    place.type("310.25", "EASTFIELD", Decision="not receivable", Note="returned on 4 February")
    place.type("-310.25", Decision="not receivable", Note="the receipt is taken back")


def _end_of_february(place: Place) -> None:
    place.put("february_end.csv", BANK + "".join(FEBRUARY[-2:]))


def _anna_takes_back(place: Place) -> None:
    place.type("199.99", "NORTHSIDE", Decision="reject", Note="it is for another invoice")


def _march(place: Place) -> None:
    place.put("march.csv", BANK + "".join(FEBRUARY[-1:] + MARCH))
    place.put("items_03.csv", place.ledger.extract())


def _ben_march(place: Place) -> None:
    place.type("199.99", "NORTHSIDE", Decision="on account", Item="C1", Note="they will tell")
    # Held, for anna took this payer's money back from this customer when the bank returned it.
    place.type("310.25", "EASTFIELD", Decision="accept", Note="paid again")


def _anna_march(place: Place) -> None:
    place.type(
        "199.99", "SOUTHSIDE", Decision="allocate", Item="INV-2003", Amount="199.99", Note="by their call"
    )
    place.type("45.00", Decision="reject", Note="not Westbrook after all")


def _both_parts_move(place: Place) -> None:
    place.type("80.00", Decision="on account", Note="in dispute")
    place.type("77.70", Decision="on account", Note="17.70 was for something else")  # its last part


def _last(place: Place) -> None:
    place.put("items_04.csv", place.ledger.extract())


STORY: tuple[Step, ...] = (
    Step("January is matched", run("january.csv", "items_01.csv"), _start),
    Step("anna reviews January", apply("anna"), _anna_january, says="4 decisions applied, 0 refused"),
    Step("anna posts all but her write-off", post("anna"), after=imported, says="4 bank lines"),
    Step("anna may not post that", post("anna"), code=2),
    Step("ben posts it", post("ben"), after=imported, says="1 bank lines"),
    Step(
        "February, with a late remittance and lines of January again",
        run("february.csv", "items_02.csv", "--remittance", "remittance.csv"),
        _february,
    ),
    Step(
        "anna takes back what the bank returned",
        apply("anna"),
        _anna_february,
        says="2 decisions applied, 0 refused",
    ),
    Step("ben explains cash on account", apply("ben"), _ben_february, says="3 decisions applied, 0 refused"),
    Step("ben applies twice", apply("ben"), says="0 decisions applied, 0 refused"),
    Step("the same file again", run("february.csv", "items_02.csv")),
    Step("ben posts February", post("ben"), after=imported),
    Step(
        "the end of February, with an extract from before the posting",
        run("february_end.csv", "items_02.csv"),
        _end_of_february,
    ),
    Step("ben posts its end", post("ben"), after=imported, says="1 bank lines"),
    Step("ben posts it twice", post("ben"), after=imported, says="nothing new is accepted"),
    Step("anna takes a line back", apply("anna"), _anna_takes_back, says="1 decision applied, 0 refused"),
    Step("ben posts the correction", post("ben"), after=imported, says="1 bank lines"),
    Step("March", run("march.csv", "items_03.csv"), _march),
    Step("ben decides on March", apply("ben"), _ben_march, says="2 decisions applied, 0 refused"),
    Step("ben posts all but what he allocated", post("ben"), after=imported),
    Step("ben may not post that", post("ben"), code=2),
    Step("anna posts it", post("anna"), after=imported, says="1 bank lines"),
    Step(
        "anna settles two lines otherwise", apply("anna"), _anna_march, says="2 decisions applied, 0 refused"
    ),
    Step("parts of two lines move", apply("anna"), _both_parts_move, says="2 decisions applied, 0 refused"),
    Step("ben posts what moved", post("ben"), after=imported, says="4 bank lines"),
    Step("the ledger as it is", run("march.csv", "items_04.csv"), _last),
)
# What is to come of it, worked out by hand.
OPEN_AT_THE_END = {"INV-1002": Decimal("80.00"), "INV-2005": Decimal("17.70")}
HELD_AT_THE_END = sorted(map(Decimal, ["17.70", "80.00", "199.99"]))

Runner = Callable[[Place, Step], Ran]


def in_process(place: Place, step: Step) -> Ran:
    return recon(*step.command(place))


def play(place: Place, runner: Runner = in_process, steps: Sequence[Step] = STORY) -> None:
    """The steps in order, each checked."""
    for step in steps:
        step.before(place)
        ran = runner(place, step)
        assert ran.code == step.code, f"{step.name}: {ran}"
        assert step.says in ran.out, f"{step.name}: {ran.out}"
        step.after(place)
        check(place)
