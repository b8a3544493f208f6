"""What a site knows besides its tables, as the rules of a generated job: closed periods, and which company has what.

facts: period_closed_to 2026-02-28, entity_of_our_accounts 01, entity_of_series_EH 02
rules: controls.closed_to 2026-02-28; companies 01 with every account of the job, 02 with documents EH-...
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from recon.bench.generate import Case
from recon.bench.payers import Flavour
from recon.rules.schema import Company, Rules

RULES_OF: Final[Mapping[Flavour, str]] = {"uk": "uk_care", "india": "india_care"}
RULES_FILE: Final = "rules.yaml"
SERIES: Final = "entity_of_series_"


class Site(NamedTuple):
    """The facts of a job in the words of the rules."""

    closed_to: str
    companies: tuple[Company, ...]


def site_of(case: Case) -> Site:
    """The facts of a job."""
    facts = dict(case.facts.iter_rows())
    accounts = tuple(case.bank_lines["account"].unique().sort())
    series = {name.removeprefix(SERIES): entity for name, entity in facts.items() if name.startswith(SERIES)}
    return Site(
        facts["period_closed_to"],
        (
            Company(entity=facts["entity_of_our_accounts"], accounts=accounts),
            # Four digits and more: EH1 is a post code, too.
            *(
                Company(entity=entity, documents=(rf"\b{name}[-/ ]?\d{{4,}}",))
                for name, entity in series.items()
            ),
        ),
    )


def told(case: Case, rules: Rules) -> Rules:
    """The same rules with the facts of a job in them."""
    site = site_of(case)
    controls = rules.controls.model_copy(update={"closed_to": site.closed_to})
    return rules.model_copy(update={"controls": controls, "companies": site.companies})


def rules_text(case: Case) -> str:
    """A rules file for a job: the flavour's own, and the facts."""
    site = site_of(case)
    lines = [
        "# What this site knows and no table says.",
        f"extends: {RULES_OF[case.flavour]}",
        "controls:",
        f'  closed_to: "{site.closed_to}"',
        "companies:",
    ]
    for company in site.companies:
        lines.append(f'  - entity: "{company.entity}"')
        for name, texts in (("accounts", company.accounts), ("documents", company.documents)):
            lines += [f"    {name}:", *(f"      - '{text}'" for text in texts)] if texts else []
    return "\n".join(lines) + "\n"
