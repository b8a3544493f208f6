"""The cases of cases/cases.yaml as jobs of the engine, with the facts that they state in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from match_cases import Row, Told, rules_of, run, tables_of

from recon import rules
from recon.resources import folder
from recon.rules.schema import Rules

HERE = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Story:
    """One case: what comes in, and what is expected."""

    id: str
    title: str
    told: Told
    line_ids: list[str]
    expect: dict[str, Any]


def cases() -> list[dict[str, Any]]:
    """All cases, every scalar as text."""
    return list(yaml.load((HERE / "cases.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader))  # noqa: S506 - scalars only


def facts() -> dict[str, Any]:
    """What the cases' words mean, by case id."""
    return dict(yaml.load((HERE / "facts.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader))  # noqa: S506 - scalars only


def tell(case: dict[str, Any]) -> Story:
    """Run one case."""
    known = facts().get(case["id"], {})
    lines = [_line(number, text, known) for number, text in enumerate(case["bank"], 1)]
    currency = lines[0]["currency"]
    items = [_item(text, currency, known) for text in case.get("open", [])]
    customers = [{"customer_id": key} | value for key, value in known.get("customers", {}).items()]
    aliases = [
        dict(zip(("alias", "customer_id", "valid_from", "valid_to"), row, strict=True))
        for row in known.get("aliases", [])
    ]
    closed = [
        {"item_id": doc, "doc_no": doc, "customer_id": owner, "currency": currency, "open_amount": "0.00"}
        for doc, owner in known.get("closed", {}).items()
    ]
    remittances = [
        row
        for number, text in enumerate(case.get("remit", []))
        for row in _advice(number, text, lines[0], known)
    ]
    tables = tables_of(lines, items, customers, remittances, aliases, closed)
    told = run(tables, _rules(known))
    return Story(case["id"], case["title"], told, [str(row["line_id"]) for row in lines], case["expect"])


def _rules(known: dict[str, Any]) -> Rules:
    """The rules of the case's country, with what the case says of them; read like any rules file."""
    name = "india_care" if known.get("india") else "uk_care"
    if "rules" not in known:
        return rules_of(name)
    text = yaml.safe_dump({"name": "case", "extends": name} | known["rules"])
    return rules.parse(
        text, "case.yaml", lambda base: ((folder("rules") / f"{base}.yaml").read_text("utf-8"), base)
    )


def _line(number: int, text: str, known: dict[str, Any]) -> Row:
    day, type_, narrative, amount, currency = (part.strip() for part in text.split(" | "))
    return {
        "line_id": f"L{number}",
        "booking_date": day,
        "type": type_,
        "narrative": narrative,
        "amount": amount,
        "currency": currency,
    } | dict[str, str](known.get("lines", {}))


def _item(text: str, currency: str, known: dict[str, Any]) -> Row:
    name, customer, due, outstanding = (part.strip() for part in text.split(" | "))
    doc = name.split(" ")[0]
    entity = re.search(r"entity (\d+)", customer)
    credit = outstanding.startswith("-")
    return {
        "item_id": doc,
        "doc_no": doc,
        "customer_id": customer.split(" ")[0],
        "doc_type": "on_account" if credit else "invoice",
        "due_date": "" if due == "-" else due,
        "currency": currency,
        "amount": outstanding,
        "open_amount": outstanding,
        "entity": entity.group(1) if entity else "",
    } | dict[str, str](known.get("items", {}).get(doc, {}))


def _advice(number: int, text: str, line: Row, known: dict[str, Any]) -> list[Row]:
    """An advice in words: `pay 0000451207 total 15600.00: INV-1 5000.00, INV-2 6600.00`."""
    said = re.search(r"(?:pay|UTR) (\S+?)[: ]", text)
    numbers = known.get("remit_numbers", [])
    reference = numbers[number] if number < len(numbers) else (said.group(1) if said else "")
    total = re.search(r"total (\d+\.\d\d|\d+)", text)
    body = text.split(":", 1)[1] if ":" in text else text
    dates = known.get("remit_dates", [])
    head = {
        "remittance_id": f"R{number}",
        "payment_reference": reference if len(reference) > 1 else "",
        "payment_date": dates[number] if number < len(dates) else line["booking_date"],
        "payment_amount": total.group(1) if total else "",
        "currency": line["currency"],
    }
    rows = [row for part in re.split(r"[,;] ", body) for row in _advised(part.strip(), total)]
    return [head | row for row in rows]


def _advised(part: str, total: re.Match[str] | None) -> list[Row]:
    """`INV-1 5000.00`, or `CLM-2 approved 75000 disallowed 5000 tds 7500 net 67500`."""
    words = part.split(" ")
    if words[0] in {"total", ""}:
        return []
    figures = dict(re.findall(r"(gross|tds|net|paid|approved|disallowed) (-?\d+(?:\.\d+)?)", part))
    plain = re.search(r"(-?\d+\.\d\d)", part)
    paid = (
        figures.get("net")
        or figures.get("paid")
        or (plain.group(1) if plain else (total.group(1) if total else ""))
    )
    row = {"doc_no": words[0], "paid_amount": paid, "gross_amount": figures.get("gross", "")}
    reason = re.search(r"reason (.+)", part)
    if reason and "gross" in figures:
        return [row | {"deduction_type": reason.group(1)}]
    rows = [row | ({"deduction_amount": figures["tds"], "deduction_type": "TDS"} if "tds" in figures else {})]
    if "disallowed" in figures:
        rows.append(
            {
                "doc_no": words[0],
                "paid_amount": "0",
                "deduction_amount": figures["disallowed"],
                "deduction_type": "DISALLOWED",
            }
        )
    return rows
