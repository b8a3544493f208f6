"""Problems: what is wrong with the user's input, as values; and the one error that stops a job.

Three kinds, never mixed: a problem of the data is a `Problem`, kept and shown beside the rows that could be
read; a job that can't run raises `ReconError`, carrying problems; a broken promise of our own is an `assert`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EXIT_DONE = 0
EXIT_REVIEW = 1  # done, with exceptions to review; only with --strict
EXIT_INPUT = 2  # the input or the rules are wrong; nothing was written
EXIT_JOB = 3  # the job could not run; nothing half-written

# What a terminal obeys instead of showing it: controls, line ends, directions of writing.
_UNSEEN = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)],
    "\ufffd",
)


def shown(text: str) -> str:
    """Text from files and their names as one line that may be printed: what steers a terminal is seen, not obeyed."""
    return text.translate(_UNSEEN)


# A row or entry that could not be read as it stands, and is in no result.
LOST = frozenset(
    {"value-amount", "value-date", "value-missing", "value-scale", "row-long", "entry-unread", "file-cut"}
)

CATALOGUE: dict[str, str] = {
    # files
    "file-missing": "a file that was named does not exist",
    "input-missing": "nothing says which files to read",
    "file-empty": "a file holds nothing to read",
    "file-unreadable": "a file can't be opened, or is damaged or too large",
    "file-locked": "a file is protected by a password",
    "file-image": "a PDF, or a page of it, has no text, only pictures",
    "file-unknown": "no reader knows the format of a file",
    "file-ambiguous": "more than one profile fits a file",
    "file-twice": "the same file came twice",
    "file-kind": "a file is of another kind than the place it was given for",
    "encoding": "a file's bytes are in no encoding that its profile or the rules allow",
    "column-missing": "a column that is needed is not in the file",
    "column-twice": "two columns of a file have the same name",
    "row-short": "rows have fewer cells than the heading, or a quote in a cell is not closed",
    "row-long": "a row has more cells than the heading, and was left out",
    "sheet-hidden": "a sheet of a workbook is hidden, and was not read",
    "row-text": "a row is no row of the table (title, footer, total) and was left out",
    "value-missing": "a row lacks a value that it needs",
    "value-amount": "an amount can't be read",
    "value-date": "a date can't be read, or can be read in two ways",
    "value-scale": "an amount has more decimals than money can have",
    "value-sign": "an entry's type and the sign of its amount contradict each other",
    "value-digits": "a number lost its digits in a spreadsheet (1.23E+15)",
    "value-word": "a cell has a word that its column doesn't take",
    "value-twice": "a cell has two values where one belongs",
    "value-long": "a cell holds more text than can be kept; the rest was cut off",
    "id-twice": "two different rows of a file have the same id",
    "succession-unclear": "rows of successions that contradict each other, or lead nowhere; they count for nothing",
    "succession-unknown": "a succession names a successor that is no known customer; it counts all the same",
    "item-twice": "an open item is in a file several times; it is counted once",
    "xml-unsafe": "an XML file declares a document type or entities",
    "xml-broken": "an XML file is not well-formed",
    "tag-unknown": "a line of a statement is no field that is known",
    "entry-unbooked": "an entry is only announced or pending, not booked, and was left out",
    "entry-unread": "one entry of a statement can't be read and was left out",
    # controls
    "statement-foots-not": "opening balance plus lines is not the closing balance",
    "statement-chain": "the running balance breaks between two lines",
    "statement-sign": "the running balance shows that debit and credit are swapped",
    "statement-twice": "a statement is in the input twice",
    "statement-gap": "an account's statement does not follow from the one before: lines were never read",
    "statement-overlap": "an account's statement begins before the one before it ends",
    "advised-twice": "a report or advice of the bank names money that a statement of this or an earlier run has, too",
    "account-twice": "two files have the same lines of an account that they write in two ways",
    "trailer-differs": "a count or control total of a trailer is not what the file holds",
    "file-cut": "a file ends before its own end",
    "batch-total": "the transactions of a batch don't add up to its entry",
    "remittance-foots-not": "the lines of a remittance don't add up to its total",
    "remittance-adjusted": "an adjustment of a remittance is of no document, or of several",
    "items-stale": "open items have less open than the extract says, since earlier runs allocated them",
    # rules and profiles
    "rules-yaml": "a rules file is no YAML",
    "rules-unknown-key": "a rules file has a key that does not exist",
    "rules-value": "a value in a rules file is not what its key takes",
    "rules-pattern": "a pattern in a rules file is no regular expression",
    "rules-sense": "values in a rules file contradict each other, or have no effect",
    "profile-unknown": "a profile that was named does not exist",
    "profile-undecided": "what only the owner of a file can say is not said, so no profile is written",
    "profile-none": "no profile can be made for a file",
    "profile-answer": "an answer for `recon profile` is none that it takes",
    "profile-exists": "a profile would be written over a file that is there",
    # matching
    "limit-reached": "a search stopped at a limit of the rules",
    "currency-missing": "rows without a currency, and nothing that says which",
    # workbook
    "book-open": "the workbook is open in Excel",
    "book-busy": "Excel is busy and does not answer",
    "book-changed": "the workbook was changed while it was being written",
    "book-protected": "the workbook is encrypted or can't be written",
    "book-broken": "the file is no workbook, or lacks a sheet or table of ours",
    "decision-refused": "a decision can't be applied",
    "learning-refused": "what was said to a suggestion of what to learn can't be taken",
    "column-renamed": "a heading of ours is gone from a table, perhaps renamed",
    "own-kept": "what somebody wrote on a sheet has no row any more; it is kept in a file",
    "own-displaced": "a note on a cell of ours could not go with its row",
    "view-dropped": "a filter or sort order of a table was taken off",
    # the desk
    "job-refused": "a job file is none, or asks for a button that there is not",
    "job-stale": "a job file is too old, or was begun by a listener that was cut off",
    "listener-twice": "another listener waits for jobs in the same folder",
    "setup-refused": "Excel, its Python or a folder can't be set up as asked",
    # store and posting
    "chain-broken": "the store holds rows that recon did not write so",
    "store-unreachable": "the store can't be opened",
    "store-newer": "the store was made by a newer version",
    "store-changed": "another job changed the store meanwhile",
    "store-needed": "the command needs a store",
    "sheet-rows": "a sheet shows only a part of its rows",
    "undo-missing": "there is nothing that a button did and that could be undone",
    "memory-size": "a size of memory is none, or too small",
    "memory-over": "a job took more memory than it was to stay within",
    "cluster-missing": "a job was to run on a cluster, and PySpark or Java is not installed",
    "cluster-needed": "files on object storage are named, and no cluster",
    "cluster-unreachable": "the cluster can't be reached",
    "cluster-failed": "work on the cluster broke off",
    "case-refused": "a query, promise or note can't be opened, or what was said of it can't be taken",
    "trail-unknown": "a line, item, document, run, posting file or login that was named is not in the store",
    "erase-what": "it is not said what of a person is to be erased, or why",
    "run-unknown": "a run that was named is not in the store",
    "shadow-failed": "what was to be tried beside a run could not be tried; the run itself is as ever",
    "run-unkept": "a run is too old to be replayed: not all that it read is in the store",
    "format-unknown": "no such posting format",
    "posting-setting": "the rules don't say what a posting format must be told, or name a setting it has not",
    "posting-field": "a text or an amount does not fit its field of a posting file",
    "posting-refused": "the ledger's import can't carry something of what is to be posted",
    "letter-template": "a letter's template can't be used",
    "report-unknown": "no such report",
    "report-input": "a report lacks what it is made from",
    "report-unused": "no report takes a file of the folder of inputs",
    "report-break": "two figures of a report that must agree do not",
    "report-data": "the inputs of a report lack something, so that it says less or leaves rows out",
    "report-day": "a report is of a day before what the store knows",
    "report-twice": "cash on account may be counted twice: accepted, and keyed into the ledger by hand",
    "report-emptied": "a report is not made for a pack of another day, and its sheet is emptied",
    "report-rewritten": "a report was written anew, and what had been added to its sheet is gone",
    "posting-account": "a bank account is in the posting files of several companies",
    "posting-second": "a second person has to post what was allocated by hand",
    "control-failed": "a control over a posting file does not hold",
    "out-unwritable": "the output folder can't be written",
    "bench-options": "options of `recon bench` can't be read, or don't fit together",
    "bench-answer": "an answer to be scored has other lines than its data set, or lacks some",
}


@dataclass(frozen=True, order=True)
class Problem:
    """Something wrong with the user's input: where, what, and what to do about it.

    `what` and `hint` never hold personal data or free text from a bank line; they may hold ids, amounts, dates,
    column names and file names.
    """

    code: str  # a key of CATALOGUE
    where: str  # "rules/default.yaml:8", "bank.sta:121", "Suggestions!F14"
    what: str
    hint: str = ""

    def __post_init__(self) -> None:
        assert self.code in CATALOGUE, f"problem code {self.code} is not in the catalogue"

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return "\n".join([shown(head), *(f"    {shown(line)}" for line in self.hint.splitlines())])


class ReconError(Exception):
    """A job that can't run. Raised with the problems that stop it; caught only by the faces.

    Attributes:
        problems: all that is known to be wrong, at least one.
        exit_code: EXIT_INPUT (the input is wrong) or EXIT_JOB (the job could not run).
    """

    def __init__(self, problems: Problem | Iterable[Problem], exit_code: int = EXIT_INPUT) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        self.exit_code = exit_code
        assert self.problems, "an error says at least one problem"
        super().__init__("\n".join(str(problem) for problem in self.problems))
