"""The JSON Schema that editors use."""

from __future__ import annotations

import json
from typing import Any

import yaml

from recon import rules
from recon.resources import folder
from recon.rules.page import keys
from recon.rules.schema import Rules


def test_it_is_json_and_says_which_draft() -> None:
    schema = json.loads(json.dumps(rules.schema()))
    assert schema["$schema"].startswith("https://json-schema.org/draft/")
    assert schema["additionalProperties"] is False


def _resolve(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A part with its reference followed, also behind a list, a mapping or a choice."""
    for step in (part, part.get("items"), part.get("additionalProperties"), *part.get("allOf", ())):
        if isinstance(step, dict) and "$ref" in step:
            found: dict[str, Any] = schema["$defs"][step["$ref"].removeprefix("#/$defs/")]
            return found
    return part


def _paths(schema: dict[str, Any], part: dict[str, Any], path: str) -> set[str]:
    found: set[str] = set()
    for name, inner in part.get("properties", {}).items():
        step = "[]" if inner.get("type") == "array" else ".NAME" if inner.get("type") == "object" else ""
        found |= {f"{path}{name}"} | _paths(schema, _resolve(schema, inner), f"{path}{name}{step}.")
    return found


def test_it_has_every_key_and_each_part_forbids_others() -> None:
    schema = rules.schema()
    assert _paths(schema, schema, "") == set(keys(Rules))
    assert all(part["additionalProperties"] is False for part in schema["$defs"].values())


def test_every_key_says_what_it_means() -> None:
    schema = rules.schema()
    parts = {"Rules": schema, **schema["$defs"]}
    silent = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, inner in part["properties"].items()
        if not inner.get("description") and not _resolve(schema, inner).get("description")
    ]
    assert silent == []


def test_the_shipped_rules_use_only_keys_of_the_schema() -> None:
    said = yaml.safe_load((folder("rules") / "default.yaml").read_text(encoding="utf-8"))
    assert set(said) == set(rules.schema()["properties"])
