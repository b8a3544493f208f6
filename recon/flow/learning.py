"""Learning: what a store's decisions suggest, what people say to it, and what of it counts in a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import polars as pl

from recon import learn, successions
from recon.flow import calibration, learning_page, moments
from recon.flow import masked as masking
from recon.flow.books import Book
from recon.flow.payers import PAYERS, Names
from recon.learn import Force
from recon.learn.kinds import HELD, KEYS, PATTERN, READY, STANDING
from recon.learn.patterns import pattern
from recon.model import SUCCESSIONS, Kind, Result
from recon.problems import Problem
from recon.rules.privacy import Privacy
from recon.rules.schema import Rules
from recon.store import Lessons, Store
from recon.store.personal import GONE
from recon.successions import WHOLE

Frames = Mapping[Kind, pl.DataFrame]


@dataclass(frozen=True)
class Learned:
    """What was learned as it counts in one run: beside the files before it, in its result behind it."""

    force: Force
    frames: Frames
    rules: Rules

    def joined(self) -> dict[Kind, pl.DataFrame]:
        """The run's frames, with what was learned in customers and aliases."""
        if self.force.used.is_empty():
            return dict(self.frames)
        customers, aliases, items = (self.frames[kind] for kind in (Kind.CUSTOMERS, Kind.ALIASES, Kind.ITEMS))
        spoken = known_ = None
        if (self.force.used["kind"] == PATTERN).any():
            spoken, known_ = self._names.spoken(self.frames[Kind.BANK]), self._said
        customers, aliases = learn.joined(customers, aliases, items, self.force, spoken, known_)
        return {**self.frames, Kind.CUSTOMERS: customers, Kind.ALIASES: aliases}

    def applied(self, result: Result) -> Result:
        """A run's result: no rejected pair is posted, nor what rests on what is held; reasons say so."""
        if self.force.nothing or result.allocations.is_empty():
            return result
        kin, wide = self._kin()
        about = pl.concat([self.force.accepted["subject"], kin["customer_id"], wide["customer_id"]])
        asked = result.allocations.filter(pl.col("customer_id").is_in(about.unique().implode()))["line_id"]
        lines = self.frames[Kind.BANK].filter(pl.col("line_id").is_in(asked.unique().implode()))
        payers = self._names.of(lines) if lines.height else pl.DataFrame(schema=PAYERS)
        made = learn.held(learn.told(result, payers, kin, self.force), payers, kin, self.force)
        if lines.is_empty():
            return made
        patterns = self.force.accepted.filter(pl.col("kind") == PATTERN)
        if not patterns.is_empty():
            others = self.force.accepted.filter(pl.col("kind") != PATTERN).select(KEYS)
            sure = learn.sure(payers, pl.concat([self._said, others]))
            made = learn.alike(made, self._names.mentions(lines, patterns), sure, kin, self.force)
        if self.force.held.is_empty():
            return made
        return learn.doubted(made, self._names.mentions(lines, self.force.held), wide, self.force)

    @cached_property
    def _names(self) -> Names:
        """Who is known by which name, account or number, by what the files say."""
        return Names(self.frames, self.rules)

    @cached_property
    def _said(self) -> pl.DataFrame:
        """What the files say: kind, subject, meaning."""
        return self._names.known().select(KEYS)

    def _kin(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Who is one with the customers of what counts; and who else may have got what is held of one."""
        rows = self.frames.get(Kind.SUCCESSIONS, SUCCESSIONS.empty_outside())
        whole = pl.col("kind").str.strip_chars().str.to_lowercase().is_in(list(WHOLE))
        counts = pl.concat([self.force.used["meaning"], self.force.rejected["meaning"]])
        held = self.force.held["meaning"]
        frames = [self.frames[kind] for kind in (Kind.CUSTOMERS, Kind.ITEMS)]
        said = [one.select("customer_id", "group_id") for one in frames if "group_id" in one.columns]
        homes = pl.concat(said) if said and not held.is_empty() else None
        return learn.kin(counts, rows.filter(whole)), learn.kin(held, rows, homes)


def counted(lessons: Lessons, frames: Frames, rules: Rules, as_of: date) -> Learned:
    """What was learned, as it counts in a run on these frames (outer form)."""
    rows = successions.checked(frames.get(Kind.SUCCESSIONS, SUCCESSIONS.empty_outside()))[0]
    force = learn.in_force(lessons.events, as_of)
    taken = learn.inherited(force.accepted, successions.heirs(rows, as_of))
    force = replace(force, accepted=taken, rejected=_rejected(lessons, frames, rules))
    return Learned(force, frames, rules)


def _rejected(lessons: Lessons, frames: Frames, rules: Rules) -> pl.DataFrame:
    if lessons.rejections.is_empty() or not rules.learning.rejected:
        return Force().rejected
    payers = Names(frames, rules).of(_with_payers(lessons.lines))
    return learn.rejected(lessons.rejections, payers, lessons.decided, lessons.accepted, lessons.events)


def in_run(store: Store, frames: Frames, rules: Rules, as_of: date) -> Learned:
    """What a store has learned, as it counts in the run that begins."""
    return counted(store.lessons(), frames, rules, as_of)


@dataclass(frozen=True)
class Known:
    """All that there is to say of what a store has learned: learn.SUGGESTED, and the customers' names."""

    rows: pl.DataFrame
    names: Mapping[str, str]


def known(store: Store, rules: Rules) -> Known:
    """What a store's decisions suggest, and what was said of it, by the files that the last run read."""
    lessons, frames = store.lessons(), last_frames(store)
    accepted = _signed(store)
    if lessons.events.is_empty() and lessons.rejections.is_empty() and (accepted["decision_id"] == "").all():
        return Known(pl.DataFrame(schema=learn.SUGGESTED), {})
    names = Names(frames, rules)
    lines = _with_payers(store.bank_lines(accepted["line_id"].unique().sort()))
    items = store.items(accepted.filter(pl.col("item_id") != "")["item_id"].unique().sort())
    last, now = learn.last(lessons.events), _heirs(store)
    observed = learn.as_now(learn.observed(names.of(lines), accepted, items, rules), last, now)
    says = learn.as_now(names.known(), last, now)
    rows = learn.suggested(observed, says, last, _rejected(lessons, frames, rules), rules)
    return Known(_only_theirs(rows, store, names, accepted), _names(frames))


def _heirs(store: Store) -> pl.DataFrame:
    """Who each customer that was renamed or merged is on the day of the last run, as `successions.heirs`."""
    rows = store.last_read(Kind.SUCCESSIONS)
    if rows.is_empty():
        return successions.heirs(successions.checked(SUCCESSIONS.empty_outside())[0], date.min)
    runs = store.runs().filter(pl.col("status") == "finished")
    return successions.heirs(successions.checked(rows)[0], date.fromisoformat(runs["as_of"][-1]))


def _only_theirs(rows: pl.DataFrame, store: Store, names: Names, accepted: pl.DataFrame) -> pl.DataFrame:
    """The rows without patterns to suggest that stand in lines, too, which nobody has settled: whose are these?"""
    alike = (pl.col("kind") == PATTERN) & (pl.col("state") == READY)
    if rows.filter(alike).is_empty():
        return rows
    lines = _with_payers(store.bank_lines()).join(accepted.select("line_id"), on="line_id", how="anti")
    strays = names.spoken(lines).select(subject=pattern(pl.col("reference")))["subject"].unique()
    return rows.filter(~(alike & pl.col("subject").is_in(strays.implode())))


def _signed(store: Store) -> pl.DataFrame:
    """All that was accepted (model.ACCEPTED), with the `login` of each decision."""
    logins = store.decided().select("decision_id", "login").unique("decision_id", keep="last")
    return store.accepted().join(logins, on="decision_id", how="left", maintain_order="left")


def _with_payers(lines: pl.DataFrame) -> pl.DataFrame:
    """Bank lines without those whose payer was erased: they teach nothing, nor is anybody called so."""
    texts = ("counterparty", "counterparty_account", "reference", "narrative")
    gone = pl.any_horizontal(pl.col(*texts).fill_null("") == GONE)
    return lines.filter(~gone)


def masked(now: Known, store: Store, privacy: Privacy) -> Known:
    """The same as people may see it: persons masked, if that is said."""
    if not privacy.masked_sheets:
        return now
    mask = masking.masker(privacy, store.items())
    rows = now.rows.rename({"subject": "name"})
    names = pl.DataFrame({"name": list(now.names.values())}, schema={"name": pl.String})
    shown = mask.frame(names)["name"].to_list()
    return Known(mask.frame(rows).rename({"name": "subject"}), dict(zip(now.names, shown, strict=True)))


def rules_of(store: Store) -> Rules:
    """The rules of the last run; the defaults, if there is none."""
    runs = store.runs().filter(pl.col("status") == "finished")
    return Rules.model_validate(json.loads(runs["rules"][-1])) if runs.height else Rules()


def last_frames(store: Store) -> dict[Kind, pl.DataFrame]:
    """Customers, aliases and items as the last run read them."""
    frames = {kind: store.last_read(kind) for kind in (Kind.CUSTOMERS, Kind.ALIASES)}
    return {**frames, Kind.ITEMS: store.items()}


def _names(frames: Frames) -> dict[str, str]:
    """Customers' names by number: the customer file's, else those of the items."""
    items = frames[Kind.ITEMS].select("customer_id", name="customer_name")
    both = pl.concat([frames[Kind.CUSTOMERS].select("customer_id", "name"), items])
    told = both.filter(pl.col("name").fill_null("") != "").unique("customer_id", keep="first")
    return dict(told.drop_nulls().iter_rows())


def tried(store: Store, *, suggested: bool) -> Lessons:
    """What is accepted by now, and what could be: as if somebody accepted all that nothing contradicts."""
    lessons = store.lessons()
    if not suggested:
        return lessons
    rows = known(store, rules_of(store)).rows
    asked = rows.filter(pl.col("state") == "suggested").select(
        "id", answer=pl.lit("accept"), note=pl.lit(""), who=pl.lit("nobody yet"), where=pl.lit("")
    )
    more = learn.answered(asked, rows, moments.now(), second_person=False).events
    return replace(lessons, events=pl.concat([lessons.events, more]))


def said(store: Store, now: Known, asked: pl.DataFrame, rules: Rules) -> learn.Answered:
    """What people say to suggestions (answer.ASKED), into the store: taken or refused, each with its reason.

    Raises:
        ReconError: EXIT_JOB; another job wrote to the store meanwhile.
    """
    made = learn.answered(asked, now.rows, moments.now(), second_person=rules.learning.second_person)
    store.append_learned(made.events)
    return made


def hold(store: Store, rules: Rules) -> None:
    """What was accepted and decisions contradict since is held from now on: noted in the store, if there is any.

    Raises:
        ReconError: EXIT_JOB; another job wrote to the store meanwhile.
    """
    if store.lessons().events.filter(pl.col("event").is_in([*STANDING, HELD])).is_empty():
        return  # nothing was ever accepted, which most stores can say at once
    store.append_learned(learn.holding(known(store, rules).rows, moments.now()))


def off_the_sheet(book: Book, store: Store, rules: Rules, who: str) -> learn.Answered:
    """What is typed on the sheet Learning, into the store.

    Raises:
        ReconError: EXIT_JOB; workbook or store can't be used.
    """
    asked = learning_page.typed(book).asked
    if asked.is_empty():
        return learn.nothing()
    return said(store, known(store, rules), asked.with_columns(who=pl.lit(who)), rules)


def show(
    book: Book, store: Store, rules: Rules, answered: learn.Answered | None = None
) -> tuple[Problem, ...]:
    """The sheet Learning anew, if there is anything to say or it stands there; what is typed and not applied stays.

    Returns what could not stay on it.

    Raises:
        ReconError: EXIT_JOB; workbook or store can't be used.
    """
    now, there = known(store, rules), learning_page.typed(book)
    if now.rows.is_empty() and not there.there:
        return ()
    results = answered.results if answered else {}
    refused = [name for name, text in results.items() if text.startswith("refused")]
    done = pl.Series(sorted(set(results) - set(refused)), dtype=pl.String)
    left = there.rows.filter(~pl.col("id").is_in(done.implode()))
    told = {name: results[name] for name in refused}
    right = calibration.calibration(store, rules)
    privacy = masking.of_book(store, book)  # of this workbook: others may share the store
    page = learning_page.page(masked(now, store, privacy), left, told, right)
    _sheets, lost = book.write_pages([page], backup=False)
    return tuple(lost)
