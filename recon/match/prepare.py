"""Step 1: clean. Text becomes keys, classes are told apart, and what is no new receipt is set aside.

    line  "NHS SUSSEX ICB INV-1042"  4,200.00      -> line 0, grams INV1042 and 1042, name grams NHS SUSSEX ICB ...
    line  "TREASURY SWEEP"           9,000.00      -> line 1, state not_receivable, class own_transfer
    item  INV-1042 (K10)             4,200.00 open -> item 0, keys INV1042 (full) and 1042 (bare)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from recon.match import text
from recon.match.frames import Ready
from recon.model import Tables
from recon.problems import Problem
from recon.rules.schema import NotReceivable, Rules

PAIR_DAYS = 60  # a return comes at most this many days after its receipt
REFERENCE_FIELDS = ("reference", "narrative", "counterparty")
ITEM_REFERENCES = ("po_no", "service_user_ref", "contract_id", "plan_id")
CHEQUES = ("DEP", "CHQ", "CDM", "POC", "BSP", "CHEQUE")  # types that clear later than they are booked
KEY_LENGTH_MIN = 4  # shorter order references are no evidence


def clean(tables: Tables, rules: Rules, as_of: date) -> Ready:
    """Cleaned tables and the keys they can be joined by; see `frames.Ready` for the columns.

    Args:
        tables: in inner form.
        rules: frozen rules.
        as_of: the day for which aliases must be valid where a line has no date.
    """
    lines = _lines(tables, rules)
    items, repeated = _items(tables)
    keys = _item_keys(items, rules)
    remittances, advice = _remittances(tables)
    closed_keys = _closed_keys(tables)
    starts, longest = _gram_shape([keys["raw"], closed_keys["raw"], remittances["raw"], _account_raws(tables)])
    active = lines.filter((pl.col("state") == "open") & ~pl.col("hostile"))
    never = "|".join(f"(?:{pattern})" for pattern in rules.references.never)
    spoken = active.select("line", text=pl.col("text").str.replace_all(f"(?i){never}", text.FIELD_END) if never else "text")
    found = text.atoms(spoken, "line", "text")
    labels = [word.upper() for word in rules.references.labels]
    grams = _grams(found, pl.concat([starts, pl.Series(labels, dtype=pl.String)]).unique(maintain_order=True), longest, labels)
    customers = _customers(tables, items)
    names = _names(tables, customers, rules)
    name_grams, payer_texts = _name_grams(active, names, starts, rules)
    lines = lines.join(payer_texts, on="line", how="left", maintain_order="left").with_columns(
        pl.col("payer_text").fill_null("")
    )
    return Ready(
        lines=lines,
        items=items,
        keys=keys,
        closed_keys=closed_keys,
        atoms=found,
        grams=grams,
        customers=customers,
        names=names,
        accounts=_accounts(tables),
        name_grams=name_grams,
        remittances=remittances,
        advice=advice,
        scales=tables.scales,
        problems=tuple(repeated),
    )


def _lines(tables: Tables, rules: Rules) -> pl.DataFrame:
    """Lines in canonical order, each with its state."""
    order = ["booking_date", "line_id", "source", "position"]
    lines = tables.bank_lines.sort(order, nulls_last=True).with_row_index("line").with_columns(
        pl.col("line").cast(pl.Int64), amount=pl.col("amount_minor"), text=text.joined(REFERENCE_FIELDS)
    )
    class_id, class_code = _classes(rules.not_receivable)
    settled = pl.Series(sorted(tables.settled_lines), dtype=pl.String)
    lines = lines.with_columns(class_id=class_id, class_code=class_code)
    state = (
        pl.when(pl.col("line_id").is_in(settled.implode()))
        .then(pl.lit("settled"))
        .when(pl.col("line_id").is_duplicated() & (pl.col("line") != pl.col("line").min().over("line_id")))
        .then(pl.lit("duplicate"))
        .when(pl.col("class_id") != "")
        .then(pl.lit("not_receivable"))
        .otherwise(pl.lit("open"))
    )
    return _pair_returns(lines.with_columns(state=state, **_flags(rules)))


def _flags(rules: Rules) -> dict[str, pl.Expr]:
    """What a line's own text says: an order or formula, an insolvent payer, a cheque that hasn't cleared."""

    def says(patterns: Sequence[str]) -> pl.Expr:
        whole = "|".join(f"(?:{pattern})" for pattern in patterns)
        return pl.col("text").str.contains(f"(?im){whole}") if whole else pl.lit(value=False)

    late = (pl.col("value_date") > pl.col("booking_date")).fill_null(value=False)
    return {
        "hostile": says(rules.controls.hostile),
        "insolvent": says(rules.controls.insolvent),
        "uncleared": late & pl.col("type").str.to_uppercase().is_in(CHEQUES),
    }


def _classes(classes: Sequence[NotReceivable]) -> tuple[pl.Expr, pl.Expr]:
    """The first class that a line belongs to: its id and code, empty for none."""
    ids, codes = pl.lit(""), pl.lit("")
    for rule in reversed(classes):
        fits = pl.lit(value=True)
        if rule.types:
            fits = fits & pl.col("type").str.to_uppercase().is_in([word.upper() for word in rule.types])
        if rule.pattern:
            fits = fits & (pl.col("text").str.contains(f"(?i){rule.pattern}") | pl.col("type").str.contains(f"(?i){rule.pattern}"))
        if rule.sign != "any":
            fits = fits & ((pl.col("amount") > 0) if rule.sign == "credit" else (pl.col("amount") < 0))
        ids = pl.when(fits).then(pl.lit(rule.id)).otherwise(ids)
        codes = pl.when(fits).then(pl.lit(rule.code)).otherwise(codes)
    return ids, codes


def _pair_returns(lines: pl.DataFrame) -> pl.DataFrame:
    """A receipt and its return, or a bank error and its correction, are set aside together.

    A returning line has a class of code EX-RET or EX-BANKREV. Its partner has the opposite amount on the same
    account, at most PAIR_DAYS before. Words they share decide between several; with none shared, only a single
    partner is taken.
    """
    returning = lines.filter((pl.col("state") == "not_receivable") & pl.col("class_code").is_in(["EX-RET", "EX-BANKREV"]))
    if returning.is_empty():
        return lines
    back = returning.select("line", "account", "currency", "class_id", "class_code", "booking_date", "text", wanted=-pl.col("amount"))
    pairs = back.join(
        lines.filter(pl.col("state").is_in(["open", "not_receivable"])).select(
            "account", "currency", partner="line", wanted="amount", paid="booking_date", words="text"
        ),
        on=["account", "currency", "wanted"],
    ).filter(
        (pl.col("line") != pl.col("partner"))
        & (pl.col("booking_date") - pl.col("paid")).dt.total_days().is_between(0, PAIR_DAYS)
    )
    tokens = r"[A-Z0-9]{2,}"
    pairs = pairs.with_columns(
        shared=pl.col("text").str.extract_all(tokens).list.set_intersection(pl.col("words").str.extract_all(tokens)).list.len()
    ).with_columns(partners=pl.len().over("line"))
    pairs = pairs.filter((pl.col("shared") > 0) | (pl.col("partners") == 1))
    pairs = pairs.sort(["shared", "paid", "line", "partner"], descending=[True, True, False, False])
    pairs = pairs.unique("line", keep="first", maintain_order=True).unique("partner", keep="first", maintain_order=True)
    both = pl.concat(
        [
            pairs.select("line", "class_id", "class_code"),
            pairs.select(pl.col("partner").alias("line"), "class_id", "class_code"),
        ]
    ).unique("line", keep="first", maintain_order=True)
    joined = lines.join(both, on="line", how="left", suffix="_pair", maintain_order="left")
    paired = pl.col("class_id_pair").is_not_null()
    return joined.with_columns(
        state=pl.when(paired).then(pl.lit("paired")).otherwise("state"),
        class_id=pl.when(paired).then("class_id_pair").otherwise("class_id"),
        class_code=pl.when(paired).then("class_code_pair").otherwise("class_code"),
    ).drop("class_id_pair", "class_code_pair")


def _items(tables: Tables) -> tuple[pl.DataFrame, list[Problem]]:
    """Items in canonical order, each id once; those with nothing open are left out."""
    order = ["item_id", "customer_id", "source", "position"]
    table = tables.open_items.sort(order, nulls_last=True)
    twice = table.filter(pl.col("item_id").is_duplicated())
    problems = [
        Problem(
            "id-twice",
            f"{source}:{position}",
            f"open item {item_id} is there more than once",
            "only the first is matched; load each extract once",
        )
        for source, position, item_id in twice.filter(~pl.col("item_id").is_first_distinct())
        .select("source", "position", "item_id")
        .head(20)
        .iter_rows()
    ]
    table = table.unique("item_id", keep="first", maintain_order=True).filter(pl.col("open_amount_minor") != 0)
    terms = pl.col("discount_terms").str.extract_groups(r"(?P<percent>\d+(?:\.\d+)?)\s*%\D*(?P<days>\d+)")
    bar, bar_code = _bars()
    table = table.with_row_index("item").with_columns(
        pl.col("item").cast(pl.Int64),
        open=pl.col("open_amount_minor"),
        gross=pl.col("amount_minor").fill_null(pl.col("open_amount_minor")),
        net=pl.col("net_amount_minor"),
        cis_base=pl.col("cis_base_minor"),
        retention=pl.col("retention_minor").fill_null(0),
        discount_percent=terms.struct.field("percent").cast(pl.Float64),
        discount_days=terms.struct.field("days").cast(pl.Int64),
        bar=bar,
        bar_code=bar_code,
        owner=pl.when(pl.col("group_id") != "").then("G:" + pl.col("group_id")).otherwise("C:" + pl.col("customer_id")),
    )
    return table, problems


def _bars() -> tuple[pl.Expr, pl.Expr]:
    """Why an item can't be settled without a person: disputed, with solicitors, on a plan, closed."""

    def said(name: str) -> pl.Expr:
        return ~pl.col(name).str.strip_chars().str.to_lowercase().is_in(["", "no", "n", "false", "0", "0.00", "none"])

    closed = pl.col("status").str.to_lowercase().is_in(["c", "closed", "paid"])
    why = [
        (said("legal"), "it is with solicitors", "EX-LEGAL"),
        (said("dispute"), "it is disputed", "EX-DISPUTE"),
        (closed, "the ledger calls it closed", "EX-NOITEM"),
        (said("plan_id"), "it is on a repayment plan", "EX-ITEM"),
    ]
    text_, code = pl.lit(""), pl.lit("")
    for fits, words, exception in reversed(why):
        text_ = pl.when(fits).then(pl.lit(words)).otherwise(text_)
        code = pl.when(fits).then(pl.lit(exception)).otherwise(code)
    return text_, code


def _item_keys(items: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Every key an item can be found by; a key that says too little is left out."""
    documents = pl.concat(
        [items.select("item", text="doc_no"), items.filter(pl.col("item_id") != pl.col("doc_no")).select("item", text="item_id")]
    ).filter(pl.col("text") != "")
    full = documents.select("item", raw=text.struct_key(pl.col("text"))).filter(pl.col("raw").str.contains("[0-9]"))
    squeezed = full.filter(pl.col("raw").str.contains("-")).select("item", raw=pl.col("raw").str.replace_all("-", ""))
    tail = full.filter(pl.col("raw").str.contains("^[A-Z]")).select("item", raw=pl.col("raw").str.extract(r"([0-9].*)$", 1))
    last = full.filter(pl.col("raw").str.contains("^[A-Z]")).select("item", raw=pl.col("raw").str.extract(r"([0-9]+)$", 1))
    bare = pl.concat([tail, last]).drop_nulls().unique(maintain_order=True)
    bare = bare.filter(pl.col("raw").str.len_chars() >= rules.references.bare_digits_min)
    orders = pl.concat([items.select("item", raw=text.struct_key(pl.col(name))) for name in ITEM_REFERENCES])
    orders = orders.filter(
        (pl.col("raw").str.len_chars() >= KEY_LENGTH_MIN) & pl.col("raw").str.contains("[0-9]")
    ).unique(maintain_order=True)
    parts = [(full, "full"), (squeezed, "full"), (bare, "bare"), (orders, "order")]
    return pl.concat(
        [frame.select("item", "raw", key=text.unzero(pl.col("raw")), kind=pl.lit(kind)) for frame, kind in parts]
    ).unique(["item", "key", "kind"], keep="first", maintain_order=True)


def _closed_keys(tables: Tables) -> pl.DataFrame:
    closed = pl.concat([tables.closed_items, tables.open_items.filter(pl.col("open_amount_minor") == 0)], how="diagonal")
    return (
        closed.select("doc_no", "customer_id", raw=text.struct_key(pl.col("doc_no")))
        .filter(pl.col("raw").str.contains("[0-9]"))
        .with_columns(key=text.unzero(pl.col("raw")))
        .unique("key", keep="first", maintain_order=True)
    )


def _account_raws(tables: Tables) -> pl.Series:
    return _account_texts(tables).select(raw=text.struct_key(pl.col("text")))["raw"]


def _gram_shape(raws: Sequence[pl.Series]) -> tuple[pl.Series, int]:
    """The letter atoms that references begin with, and how many atoms the longest has."""
    whole = pl.concat([raw.cast(pl.String) for raw in raws]).unique(maintain_order=True)
    starts = whole.str.extract(r"^([A-Z]+)", 1).drop_nulls().unique(maintain_order=True)
    longest = whole.str.count_matches(r"[A-Z]+|[0-9]+").max()
    return starts, int(longest) if isinstance(longest, int) else 1


def _grams(found: pl.DataFrame, starts: pl.Series, longest: int, labels: list[str]) -> pl.DataFrame:
    """What may be a reference in a line; a number behind a label is also known without it."""
    whole = text.grams(found, "line", starts, max(longest, 2))
    before = found.select("line", at=pl.col("at") + 1, label=pl.col("atom").is_in(labels), stuck="atom")
    tagged = whole.join(before, on=["line", "at"], how="left", maintain_order="left").with_columns(
        labelled=pl.col("label").fill_null(value=False), before=pl.col("stuck").fill_null("")
    )
    plain = tagged.select(
        "line", "at", "size", "raw", "opened", "closed", "piece", "field_end", "labelled", "before", key=text.unzero(pl.col("raw"))
    )
    squeezed = plain.filter(pl.col("raw").str.contains("^[A-Z].*-")).with_columns(
        key=text.unzero(pl.col("raw").str.replace_all("-", ""))
    )
    return pl.concat([plain, squeezed])


def _customers(tables: Tables, items: pl.DataFrame) -> pl.DataFrame:
    """Customers of the file, and those that only the open items name; each once."""
    named = tables.customers.select(
        "customer_id", "group_id", "name", "tax_profile", tolerance="tolerance_profile", known=pl.lit(value=True)
    )
    implied = items.select(
        "customer_id",
        "group_id",
        pl.col("customer_name").alias("name"),
        tax_profile=pl.lit(""),
        tolerance=pl.lit(""),
        known=pl.lit(value=False),
    )
    return (
        pl.concat([named, implied])
        .filter(pl.col("customer_id") != "")
        .sort(["customer_id", "known", "name"], descending=[False, True, False])
        .unique("customer_id", keep="first", maintain_order=True)
        .with_columns(owner=pl.when(pl.col("group_id") != "").then("G:" + pl.col("group_id")).otherwise("C:" + pl.col("customer_id")))
    )


def _dated(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        valid_from=pl.lit(None, dtype=pl.Date), valid_to=pl.lit(None, dtype=pl.Date)
    )


def _split(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    return (
        frame.select("customer_id", text=pl.col(column).str.split(";"))
        .explode("text")
        .with_columns(pl.col("text").str.strip_chars())
        .filter(pl.col("text").fill_null("") != "")
    )


def _names(tables: Tables, customers: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Every name a customer can be known by, whole and cut to the lengths of payment systems."""
    payers = rules.payers
    legal = pl.concat(
        [
            customers.select("customer_id", text="name"),
            tables.open_items.select("customer_id", text="customer_name"),
        ]
    ).unique(maintain_order=True)
    aliases = pl.concat(
        [
            _dated(_split(tables.customers, "aliases")),
            tables.aliases.select("customer_id", "valid_from", "valid_to", text="alias").select(
                "customer_id", "text", "valid_from", "valid_to"
            ),
        ]
    )
    spoken = pl.concat([_dated(legal).with_columns(kind=pl.lit("name")), aliases.with_columns(kind=pl.lit("alias"))])
    spoken = spoken.filter(pl.col("text").fill_null("") != "")
    forms = [spoken]
    for length in payers_lengths(rules):
        long = spoken.filter(pl.col("text").str.len_chars() > length)
        cut = long.with_columns(
            text=text.upper(pl.col("text")).str.slice(0, length),
            kind=pl.when(pl.col("kind") == "name").then(pl.lit("name_cut")).otherwise("kind"),
        )
        forms.append(cut)
    keyed = pl.concat(forms).with_columns(key=text.name_key(pl.col("text"), payers.drop_words, payers.same_words))
    order = pl.col("kind").replace_strict(["alias", "name", "name_cut"], [0, 1, 2], return_dtype=pl.Int8)
    return (
        keyed.filter(pl.col("key").str.len_chars() >= 3)  # noqa: PLR2004 - two letters are no name
        .sort(order, "key", "customer_id", "valid_from", "valid_to")
        .unique(["key", "customer_id", "valid_from", "valid_to"], keep="first", maintain_order=True)
        .select("key", "customer_id", "kind", "valid_from", "valid_to")
    )


def payers_lengths(rules: Rules) -> tuple[int, ...]:
    """The lengths at which names are cut on the way."""
    return tuple(sorted(set(rules.references.rail_lengths)))


def _account_texts(tables: Tables) -> pl.DataFrame:
    """Accounts, vendor numbers and aliases that are numbers, as (customer_id, text, kind, valid_from, valid_to)."""
    accounts = _dated(_split(tables.customers, "accounts")).with_columns(kind=pl.lit("account"))
    vendors = _dated(_split(tables.customers, "vendor_no")).with_columns(kind=pl.lit("vendor"))
    numbers = (
        tables.aliases.select("customer_id", text="alias", valid_from="valid_from", valid_to="valid_to")
        .filter(pl.col("text").str.count_matches(r"\d") >= KEY_LENGTH_MIN)
        .with_columns(kind=pl.lit("vendor"))
    )
    return pl.concat([accounts, vendors, numbers])


def _accounts(tables: Tables) -> pl.DataFrame:
    return (
        _account_texts(tables)
        .with_columns(
            raw=text.struct_key(pl.col("text")),
            plain=text.upper(pl.col("text")).str.replace_all("[^A-Z0-9@]", ""),
        )
        .with_columns(key=text.unzero(pl.col("raw")))
        .filter(pl.col("plain").str.len_chars() >= KEY_LENGTH_MIN)
        .unique(["key", "customer_id", "valid_from", "valid_to"], keep="first", maintain_order=True)
        .select("key", "plain", "customer_id", "kind", "valid_from", "valid_to")
    )


def _name_grams(
    active: pl.DataFrame, names: pl.DataFrame, starts: pl.Series, rules: Rules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What may be a name in a line: runs of words that begin like a known name; and its longest run of words."""
    payers = rules.payers
    spoken = active.select(
        "line",
        text=pl.when(pl.col("counterparty") != "")
        .then(text.joined(["counterparty", "narrative", "reference"]))
        .otherwise(text.joined(["narrative", "reference"])),
    )
    phrases = "|".join(f"(?:{pattern})" for pattern in payers.not_phrases)
    if phrases:
        spoken = spoken.with_columns(text=pl.col("text").str.replace_all(f"(?i){phrases}", " / "))
    noise = "|".join(
        [*(f"(?:{pattern})" for pattern in payers.not_names), *(f"^{start}$" for start in starts), "^$"]
        + [f"^{word.upper()}$" for word in rules.references.labels]
    )
    found = text.words(spoken, "line", "text", payers.drop_words, payers.same_words, f"(?i){noise}")
    firsts = names["key"].str.extract(r"^(\S+)", 1).drop_nulls().unique(maintain_order=True)
    runs = (
        found.with_columns(run=(pl.col("border") | pl.col("noise") | pl.col("noise").shift(1)).fill_null(value=True).cum_sum())
        .filter(~pl.col("noise"))
        .group_by("line", "run", maintain_order=True)
        .agg(pl.col("word").str.join(" ").alias("payer_text"))
        .sort("line", pl.col("payer_text").str.len_chars(), "run", descending=[False, True, False])
        .unique("line", keep="first", maintain_order=True)
        .select("line", "payer_text")
    )
    return text.name_grams(found, "line", firsts), runs


def _remittances(tables: Tables) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Advices, one row each with their total, and their lines."""
    order = ["remittance_id", "payment_reference", "source", "position"]
    rows = tables.remittance_lines.sort(order, nulls_last=True)
    rows = rows.with_columns(
        group=pl.when(pl.col("remittance_id") != "").then("remittance_id").otherwise("payment_reference"),
        paid=pl.coalesce("paid_amount_minor", pl.col("gross_amount_minor") - pl.col("deduction_amount_minor").fill_null(0)),
    )
    heads = (
        rows.group_by("group", maintain_order=True)
        .agg(
            pl.col("remittance_id").first(),
            pl.col("payer").first(),
            pl.col("payment_date").min(),
            raw=text.struct_key(pl.col("payment_reference")).first(),
            total=pl.coalesce(pl.col("payment_amount_minor").first(), pl.col("paid").sum()),
            summed=pl.col("paid").sum(),
            unread=pl.col("paid").null_count(),
            currency=pl.col("currency").first(),
        )
        .with_row_index("remit")
        .with_columns(pl.col("remit").cast(pl.Int64), foots=(pl.col("total") == pl.col("summed")) & (pl.col("unread") == 0))
        .with_columns(key=text.unzero(pl.col("raw")))
    )
    advice = rows.join(heads.select("remit", "group"), on="group", maintain_order="left").select(
        "remit",
        "doc_no",
        doc_key=text.unzero(text.struct_key(pl.col("doc_no"))),
        gross=pl.col("gross_amount_minor"),
        deduction=pl.col("deduction_amount_minor").fill_null(0),
        deduction_type=pl.col("deduction_type"),
        paid=pl.col("paid"),
    )
    return heads, advice.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
