"""The JSON Schemas: of a pack and of the report as files, of a product made from the vocabulary."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cncheck.load.rules import load_rules
from cncheck.load.vocabulary import SUBSTANCES
from cncheck.model import Fact, Rules

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _file(name: str) -> str:
    return (Path(__file__).parent / f"{name}.schema.json").read_text(encoding="utf-8") + "\n"


def product_schema(rules: Rules) -> dict[str, Any]:
    """Return the JSON Schema of a product descriptor, generated from the vocabulary."""
    properties: dict[str, Any] = {}
    evidence: dict[str, Any] = {}
    for name, fact in rules.facts.items():
        if name.startswith("evidence."):
            _, scheme, key = name.split(".", 2)
            evidence.setdefault(scheme, {})[key] = _property(fact, rules, done=True)
        else:
            properties[name] = _property(fact, rules)
    amount = {"type": ["number", "null"], "minimum": 0, "maximum": 1_000_000}
    properties["materials"] = {
        "description": "Homogeneous materials, for China RoHS; amounts in mg/kg.",
        "type": "array",
        "items": _closed({
            "part": {"type": "string"},
            "material": {"type": "string"},
            "substances": _closed(dict.fromkeys(SUBSTANCES, amount)),
            "exemption": {"type": ["string", "integer", "null"]},
            "basis": {"enum": ["homogeneous", "component", "product"]},
        }),
    }  # fmt: skip
    properties["$schema"] = {"type": "string"}
    file = {"type": "string", "minLength": 1}
    properties["include"] = {
        "description": "Files, relative to this one, with facts, materials and evidence that several products share.",
        "anyOf": [file, {"type": "array", "items": file}],
    }
    properties["evidence"] = _closed({key: _closed(keys) for key, keys in evidence.items()})
    return {
        "$schema": _DIALECT,
        "title": "cncheck product descriptor",
        **_closed(properties),
        "required": ["id", "product_type"],
    }


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _property(fact: Fact, rules: Rules, *, done: bool = False) -> dict[str, Any]:
    """Return the schema of one fact; null means unknown, and for evidence true and false do too."""
    values = list(fact.values)
    one: dict[str, Any] = {"enum": values} if values else {"type": "string"}
    if fact.kind == "product_type":
        one = {"enum": [t.id for t in rules.vocabulary.types.values() if not t.group]}
    elif fact.kind == "roles":
        one = {"enum": list(rules.vocabulary.roles)}
    simple: dict[str, Any] = {
        "number": {"type": "number"},
        "integer": {"type": "integer"},
        "boolean": {"type": "boolean"},
        "date": {"type": "string", "format": "date"},
        "text": {"type": ["string", "integer"]},
    }
    shape = dict(simple.get(fact.kind, one))
    if fact.minimum is not None:
        shape["minimum"] = fact.minimum
    if fact.maximum is not None:
        shape["maximum"] = fact.maximum
    shapes = [shape, {"type": "null"}]
    if fact.kind in ("choices", "roles"):
        shapes.append({"type": "array", "items": one})
    if done and fact.kind != "boolean":
        shapes.append({"type": "boolean"})
    unit = f" [{fact.unit}]" if fact.unit else ""
    return {"description": f"{fact.question.en}{unit} {fact.question.zh}", "anyOf": shapes}


def _product() -> str:
    return json.dumps(product_schema(load_rules()), ensure_ascii=False, indent=2) + "\n"


SCHEMAS: dict[str, Callable[[], str]] = {
    "product": _product,
    "pack": lambda: _file("pack"),
    "report": lambda: _file("report"),
    "map": lambda: _file("map"),
}
"""What `cncheck schema` can print."""
