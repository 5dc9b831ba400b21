"""The JSON Schemas: those of packs, reports and maps as files, the others made from what is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cncheck.gate import DUE, FAIL_ON
from cncheck.load.rules import load_rules
from cncheck.load.settings import LANGUAGES, SETTINGS
from cncheck.load.vocabulary import SUBSTANCES
from cncheck.load.waivers import CHOICES, KEYS, REQUIRED
from cncheck.model import FORCES, Fact, Rules

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


# ---- the files of a project ------------------------------------------------------------------------


def waivers_schema(rules: Rules) -> dict[str, Any]:
    """Return the JSON Schema of a waiver file; ids of the packs are proposed, others are no error."""
    text = {"type": ["string", "integer"], "minLength": 1, "pattern": r"\S"}
    duties = [duty.id for pack in rules.packs for duty in pack.obligations]
    shapes = {
        "obligation": _proposed(duties),
        "scheme": _proposed([pack.id for pack in rules.packs]),
        "expires": {"type": "string", "format": "date"},
    }
    one = _closed(
        {key: {"description": said, **shapes.get(key, text)} for key, said in KEYS.items()}
    )
    one["required"] = list(REQUIRED)
    one["allOf"] = [{"oneOf": [{"required": [key]} for key in pair]} for pair in CHOICES]
    waivers = {"description": "What may pass the gate.", "type": "array", "items": one}
    whole = _closed({"$schema": {"type": "string"}, "waivers": waivers})
    return {
        "$schema": _DIALECT, "title": "cncheck waiver file", **whole, "required": ["waivers"],
    }  # fmt: skip


def config_schema(rules: Rules) -> dict[str, Any]:
    """Return the JSON Schema of cncheck.toml, and of [tool.cncheck] in pyproject.toml."""
    text = {"type": "string"}
    shapes = {
        "words": _some(_proposed([pack.id for pack in rules.packs])),
        "files": _some(text),
        "tripping": _some(_comma_separated([*FAIL_ON, "due:90d"], f"{'|'.join(FAIL_ON)}|{DUE}")),
        "forces": _some(_comma_separated(FORCES, "|".join(FORCES))),
        "flag": {"type": "boolean"},
        "file": {**text, "minLength": 1},
        "language": {"enum": list(LANGUAGES)},
    }
    settings = {
        name: {"description": one.help, **shapes[one.kind]} for name, one in SETTINGS.items()
    }
    return {"$schema": _DIALECT, "title": "cncheck settings", **_closed(settings)}


def _proposed(values: Sequence[str]) -> dict[str, Any]:
    """Return the schema of a text for which editors propose `values`."""
    return {"anyOf": [{"enum": list(values)}, {"type": "string", "pattern": r"\S"}]}


def _comma_separated(values: Sequence[str], pattern: str) -> dict[str, Any]:
    several = rf"^\s*({pattern})\s*(,\s*({pattern})\s*)*$"
    return {"anyOf": [{"enum": list(values)}, {"type": "string", "pattern": several}]}


def _some(one: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of one such value, or a list of them."""
    return {"anyOf": [one, {"type": "array", "items": one}]}


# ---- all of them -----------------------------------------------------------------------------------


def _made(make: Callable[[Rules], dict[str, Any]]) -> Callable[[], str]:
    return lambda: json.dumps(make(load_rules()), ensure_ascii=False, indent=2) + "\n"


SCHEMAS: dict[str, Callable[[], str]] = {
    "product": _made(product_schema),
    "pack": lambda: _file("pack"),
    "report": lambda: _file("report"),
    "map": lambda: _file("map"),
    "waivers": _made(waivers_schema),
    "config": _made(config_schema),
}
"""What `cncheck schema` can print."""
