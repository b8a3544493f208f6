"""The way back: the reviewer's decisions, and what is accepted as a posting file."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from recon import decide, flow, model, posting
from recon.decide import cases
from recon.flow import books, deliver, learning, moments, settings
from recon.flow.books import Book
from recon.flow.login import login
from recon.net import over_turns
from recon.problems import EXIT_JOB, Problem, ReconError
from recon.rules.layout import Layout
from recon.rules.schema import Rules
from recon.store import Store


@dataclass(frozen=True)
class Collected:
    """What became of the reviewer's decisions."""

    accepted: int
    refused: int
    problems: tuple[Problem, ...]
    shown: tuple[Problem, ...] = ()  # what could not stay on the sheets, or stands in the rest file
    waiting: int = 0  # decisions that a second person has to make, too


def collect(book: Path | Book, store_url: str = "", who: str = "") -> Collected:
    """The reviewer's decisions out of the workbook, into the store, and what happened back onto the sheets.

    Raises:
        ReconError: EXIT_JOB if the workbook or the store can't be used.
    """
    if isinstance(book, Path):
        books.check(book)
    opened = books.existing(book)
    with known_store(books.store_url(store_url, book), opened.path if not store_url else None) as store:
        rows, untaken, unread = books.decisions(opened)
        unsigned = pl.col("decided_by").fill_null("") == ""
        signed = rows.with_columns(
            decided_by=pl.when(unsigned).then(pl.lit(who or login())).otherwise("decided_by")
        )
        rules = rules_of_last_run(store)
        outcome = decide.decide(signed, store.current(), rules.authority, login())
        at = moments.now()
        opened_by = cases.of_decisions(outcome.decided, store.cases(), at)
        store.append_decisions(outcome.decided, outcome.accepted, at, opened_by)
        problems = (*unread, *outcome.problems)
        refused = outcome.results.filter(pl.col("result") == "refused")["line_id"].n_unique()
        taken = outcome.results.filter(pl.col("result") == "accepted")["line_id"].n_unique()
        waiting = outcome.results.filter(pl.col("result") == model.WAITS)["line_id"].n_unique()
        lessons = learning.off_the_sheet(opened, store, rules, who or login())
        learning.hold(store, rules)
        taken, refused = taken + lessons.taken, refused + len(unread) + len(lessons.problems)
        waits = f", {waiting} for a second person" if waiting else ""
        status = f"{taken} decisions applied, {refused} refused{waits}"
        results = pl.concat([outcome.results, untaken])
        shown = books.show_decided(opened, store, results, {"status": status})
        shown = (*shown, *learning.show(opened, store, rules, lessons), *flow.cases.show(opened, store))
        return Collected(taken, refused, (*problems, *lessons.problems), shown, waiting)


def refresh(book: Path | Book, store_url: str = "") -> tuple[Problem, ...]:
    """What the store knows onto the sheets, anew.

    Returns what a person should know of the sheets: rows that are not shown, words of theirs that could not stay.

    Raises:
        ReconError: EXIT_JOB if the workbook or the store can't be used.
    """
    opened = books.existing(book)
    with known_store(books.store_url(store_url, book), opened.path if not store_url else None) as store:
        status = f"refreshed {moments.now()[:16].replace('T', ' ')}"
        shown = books.show_store(opened, store, {"status": status})
        shown = (*shown, *learning.show(opened, store, rules_of_last_run(store)))
        return (*shown, *flow.cases.show(opened, store))


def known_store(url: str, book: Path | None) -> Store:
    """The store, which must be there: a name that is mistyped makes no new one, which would know nothing."""
    if book is not None and not books.store_beside(book).exists():
        what = f"there is no store beside this workbook ({books.store_beside(book).name})"
        hint = "match first: recon run --book ...; or name the store with --store"
        raise ReconError(Problem("store-unreachable", book.name, what, hint), EXIT_JOB)
    if "://" not in url and not Path(url).exists():
        what, hint = "there is no such store", "check the name; recon run makes the store"
        raise ReconError(Problem("store-unreachable", url, what, hint), EXIT_JOB)
    return Store.open(url)


@dataclass(frozen=True)
class Posted:
    """A posting file: where it is, and what is in it. `again`: it was made before, and nothing new is accepted."""

    batch_id: str
    files: tuple[Path, ...]
    lines: int
    control: str  # the checks and the file's fingerprint; the report beside the file has more
    again: bool
    format: str = ""
    held: tuple[Problem, ...] = ()  # what a second person has to post, or the ledger can't import: not in it
    lost: tuple[Posted, ...] = ()  # files before it whose job ended before they were written; they are now
    company: str = ""  # whose postings these are, where the store has several companies
    others: tuple[Posted, ...] = ()  # the files of other companies that the same job made


def post(
    format_name: str,
    out: Path,
    store_url: str = "",
    book: Path | Book | None = None,
    who: str = "",
    company: str = "",
) -> Posted | None:
    """Accepted allocations that are in no posting file yet, as one; None if nothing was ever accepted.

    Of a store with items of several companies each company's are a file of its own in formats whose ledgers take
    one company's alone.

    Who posts from a store on which another job is posting waits for it, and posts what is left then.

    Where nothing new is accepted the last file is written again, byte for byte, so that a lost file is no lost
    posting and nothing is posted twice. So is, whatever is accepted, each file whose job was killed before it was
    written. Lines that a second person has to post are left out and told; where there is nothing but such lines the
    control fails.

    Args:
        format_name: generic, a layout that comes with recon, or the path of a layout file; empty = what the rules
            of the last run say.
        out: the folder of the file and of the control report beside it.
        store_url: the store; empty = the one beside the workbook.
        book: the workbook, closed or open in Excel.
        who: who posts; empty = the login.
        company: only this one's, as the items' column `entity` has it; empty = all of them.

    Raises:
        ReconError: EXIT_INPUT if there is no such format, no store is named, the rules lack something that the
            format must be told, a control over the file does not hold (control-failed), or all of it waits for a
            second person (posting-second); nothing is written, and all stays to be posted. EXIT_JOB if it can't be
            used.
    """
    if format_name:
        settings.posting_layout(format_name)
    if isinstance(book, Path) and book.exists():
        books.check(book)
    url = books.store_url(store_url, book)
    if not url:
        what, hint = "nothing says which store to post from", "add --store or --book"
        raise ReconError(Problem("store-needed", "recon post", what, hint))
    beside = None if store_url or book is None else (book if isinstance(book, Path) else book.path)
    with known_store(url, beside) as store, store.posting():
        unposted = store.unposted()
        held = _waiting_lines(store.decided())  # it may be taken back: nothing of it is posted meanwhile
        unposted = unposted.filter(~pl.col("line_id").is_in(held.implode()))
        if posting.due(unposted).is_empty():  # nothing, or what came to nought before it was ever posted
            unposted = unposted.clear()
        if unposted.is_empty() and not store.batches():
            return None
        with deliver.ready(out):
            lost = tuple(_posted(kept, out, again=True) for kept in map(store.batch, store.lost()) if kept)
            posted = _next(format_name, out, store, unposted, who, company, lost)
        if posted is None:
            return None
        if isinstance(book, Path) and book.exists():
            status = f"posted {moments.now()[:16].replace('T', ' ')}"
            books.show_store(books.existing(book), store, {"status": status})
        # A job that ends before is done again.
        for one in (*posted.others, posted):
            store.delivered(one.batch_id, moments.now(), who or login())
        return posted


def _next(
    format_name: str,
    out: Path,
    store: Store,
    unposted: pl.DataFrame,
    who: str,
    company: str,
    lost: tuple[Posted, ...],
) -> Posted | None:
    """The next file, with those that were lost before it; the last of these where there is nothing to be posted."""
    if not lost:
        return _files(format_name, out, store, unposted, who, company)
    told: tuple[Problem, ...] = ()
    if not unposted.is_empty():
        try:
            made = _files(format_name, out, store, unposted, who, company)
        except ReconError as refused:  # what was written is told, too
            told = refused.problems
        else:
            if made and not made.again:
                return replace(made, lost=lost)
            told = made.held if made else ()
    return replace(lost[-1], lost=lost[:-1], held=told)


def _files(
    format_name: str, out: Path, store: Store, unposted: pl.DataFrame, who: str, company: str
) -> Posted | None:
    """What is accepted and in no posting file yet as new ones; where there is nothing, the last ones again."""
    if unposted.is_empty():
        return _again(format_name, out, store, company)
    rules = rules_of_last_run(store)
    layout = settings.posting_layout(format_name or rules.posting.format)
    lines = store.bank_lines(unposted["line_id"].unique(maintain_order=True).to_list())
    items = store.items([item for item in unposted["item_id"].unique(maintain_order=True).to_list() if item])
    split = _by_company(store, unposted, lines, items, rules, layout, company)
    wanted = [company] if company else sorted(split.parts)
    if not set(wanted) & set(split.parts):
        again = _again(format_name, out, store, company)
        if again is None:
            unknown = [posting.unknown(company, split.parts)] if company else []
            raise ReconError([*unknown, *split.untaken])
        return replace(again, held=split.untaken)
    made: dict[str, tuple[posting.Posting, tuple[Problem, ...]]] = {}
    refused: list[Problem] = []
    for name in wanted:
        try:
            made[name] = _batch(store, split.parts[name], lines, items, rules, layout, who or login(), name)
        except ReconError as error:
            refused.extend(one for one in error.problems if one not in refused)
    # Of one company all may wait for a person; what lacks in the rules stops the whole job.
    if not made or not {one.code for one in refused} <= _LEFT_OUT:
        raise ReconError([*refused, *split.untaken])
    batches = [one.batch for one, _left in made.values()]
    kept = store.append_batches(batches, moments.now(), who or login())
    posted = [
        replace(_posted(there, out, again=there is not one.batch), held=(*left, *one.untaken))
        for there, (one, left) in zip(kept, made.values(), strict=True)
    ]
    last = posted.pop()
    return replace(last, others=tuple(posted), held=(*last.held, *refused, *split.untaken, *split.told))


# Problems of lines that are left out and told while all else is posted; a control that fails is none of these.
_LEFT_OUT = frozenset({"posting-refused", "posting-second"})


def _by_company(
    store: Store,
    unposted: pl.DataFrame,
    lines: pl.DataFrame,
    items: pl.DataFrame,
    rules: Rules,
    layout: Layout | None,
    company: str,
) -> posting.Shares:
    """What is to be posted by company where it has to be, or is asked for; else all of it under no name."""
    whole = posting.Shares({"": unposted}, ())
    if not company:
        if layout is None or layout.companies != "one":
            return whole
        named = pl.concat([one["entity"] for one in (items, store.items()) if "entity" in one.columns])
        named = named.replace("", None).drop_nulls().unique()
        # Where items say a company, another one's account is enough: its money is not for their ledger.
        if named.is_empty() or pl.concat([named, posting.homes(lines, rules.companies)]).n_unique() <= 1:
            return whole
    return posting.shares(unposted, lines, items, rules.companies)


def _again(format_name: str, out: Path, store: Store, company: str) -> Posted | None:
    """The last file once more, with those of other companies that its job made; of one company its last one.

    Raises:
        ReconError: EXIT_INPUT, posting-refused; it is asked for in another format than it has.
    """
    files = store.posted()
    if not company:
        files = files.filter(
            (pl.col("created") == pl.col("created").last()) & (pl.col("who") == pl.col("who").last())
        )
    batches = [batch for batch in map(store.batch, files["batch_id"]) if batch]
    if company:
        batches = [one for one in batches if posting.company_of(one.controls) == posting.plain(company)][-1:]
    else:
        batches = [one for one in batches[:-1] if posting.company_of(one.controls)] + batches[-1:]
    if not batches:
        return None
    layout = settings.posting_layout(format_name) if format_name else None
    asked, last = layout.name if layout else format_name, batches[-1]
    if asked and asked != last.format:
        what = f"nothing new is accepted, and the last file ({last.batch_id}) was made as {last.format}"
        hint = f"recon post --format {last.format} writes it again; nothing is posted twice"
        raise ReconError(Problem("posting-refused", "recon post", what, hint))
    *others, one = [_posted(batch, out, again=True) for batch in batches]
    return replace(one, others=tuple(others))


def _batch(
    store: Store,
    unposted: pl.DataFrame,
    lines: pl.DataFrame,
    items: pl.DataFrame,
    rules: Rules,
    layout: Layout | None,
    poster: str,
    company: str,
) -> tuple[posting.Posting, tuple[Problem, ...]]:
    """A posting file of what is given, and which lines a second person has to post.

    Raises:
        ReconError: as of `post`.
    """
    ceiling = rules.controls.hand_post_ceiling
    made_by = store.decided().filter(pl.col("decision_id").is_in(unposted["decision_id"].unique().implode()))
    own = _own(made_by, {poster, login()})
    held, left_out = posting.held(
        unposted, lines, items, approved_by=poster, hand_ceiling=ceiling, own=own.to_list()
    )
    rest = unposted.filter(~pl.col("line_id").is_in(held.implode()))
    if posting.due(rest).is_empty():
        left_out = ()  # the control over all of it says so
    else:
        unposted = rest
    words = _words()
    made = posting.post(
        layout.name if layout else settings.GENERIC,
        unposted,
        lines,
        items,
        layout=layout,
        site=posting.site_of(rules, layout, company) if layout else None,
        words=words,
        accounts=posting.accounts_of(rules, words),
        approved_by=poster,
        own=own.to_list(),
        hand_ceiling=ceiling,
        corrected_on=_last_day(store),
        corrected=over_turns(store.posted_rows(unposted["line_id"]))["line_id"],
        company=company,
    )
    failed = posting.failures(made.controls, made.legs, ceiling)
    if failed:
        raise ReconError(failed)
    return made, left_out


def _own(decided: pl.DataFrame, people: Collection[str]) -> pl.Series:
    """Lines of which one of these people decided something, by name or by login; in capitals they are the same."""
    names = {one.strip().casefold() for one in people}
    return decided.filter(
        pl.concat_str("decided_by", "login", separator=", ", ignore_nulls=True)
        .str.to_lowercase()
        .str.split(", ")
        .list.eval(pl.element().str.strip_chars())
        .list.set_intersection(pl.lit(sorted(names)))
        .list.len()
        > 0
    )["line_id"].unique()


def _waiting_lines(decided: pl.DataFrame) -> pl.Series:
    """Lines whose last decision waits for a second person."""
    return decide.last_taken(decided).filter(pl.col("result") == model.WAITS)["line_id"]


def _last_day(store: Store) -> date | None:
    """The day that the last run took for today."""
    runs = store.runs().filter(pl.col("status") == "finished")
    return date.fromisoformat(runs["as_of"][-1]) if runs.height else None


def rules_of_last_run(store: Store) -> Rules:
    """The rules that made what is accepted: those of the last run."""
    return learning.rules_of(store)


def _words() -> set[str]:
    """Names of accounts that come with recon, which are no ledger's codes."""
    accounts = [posting.accounts_of(Rules()), posting.accounts_of(settings.load_rules()[0])]
    named = {name for one in accounts for name in one.deductions.values()}
    return named | {name for one in accounts for name in (one.receivables, one.suspense)}


def _posted(batch: model.Batch, out: Path, *, again: bool) -> Posted:
    # Files of before the report said the name were all generic.
    name, encoding, digest = posting.file_of(batch.controls) or (
        f"posting-{batch.format}-{batch.batch_id}.csv",
        "utf-8",
        "",
    )
    data = batch.text.encode(encoding)
    assert digest in {"", hashlib.sha256(data).hexdigest()}, "the same batch is the same bytes"
    contents: dict[str, str | bytes] = {name: data}
    if batch.controls:
        contents[f"{Path(name).stem}-controls.txt"] = batch.controls
    checks = batch.controls.partition("\n\n")[0]
    files = tuple(deliver.write(out, contents))
    company = posting.company_of(batch.controls)
    return Posted(batch.batch_id, files, len(batch.line_ids), checks, again, batch.format, company=company)
