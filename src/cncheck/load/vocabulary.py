"""Read `rules/vocabulary/`: the words that packs and products may use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cncheck.load.language import BadWording, text
from cncheck.model import KINDS, Exemptions, Fact, ProductType, Role, Source, Vocabulary

SUBSTANCES = ("Pb", "Hg", "Cd", "CrVI", "PBB", "PBDE", "DEHP", "BBP", "DBP", "DIBP")
"""The keys of a material's `substances`, as the descriptor format fixes them."""


def vocabulary(raw: Mapping[str, Mapping[str, Any]]) -> Vocabulary:
    """Return the vocabulary of the files in `raw`, keyed by file stem.

    Raises:
        BadWording: a word refers to another one that does not exist, or to itself.

    """
    types, roles = raw["product_types"], raw["roles"]
    return Vocabulary(
        facts={name: fact(name, row) for name, row in raw["facts"].items()},
        types={
            key: ProductType(
                key, text(row), _wider(key, types, "product_types"),
                tuple(row.get("synonyms", ())), tuple(row.get("hs", ())), row.get("group", False),
            )
            for key, row in types.items()
        },
        roles={
            key: Role(key, text(row), _wider(key, roles, "roles"), tuple(row.get("synonyms", ())))
            for key, row in roles.items()
        },
        sources={
            key: Source(key, row["title"], row.get("publisher", ""), str(row.get("date", "")),
                        row.get("url", ""))
            for key, row in raw["sources"].items()
        },
        acts={name: text(row) for name, row in raw["acts"].items()},
        exemptions=Exemptions(
            {metal: row["above"] for metal, row in raw["exemptions"]["metals"].items()},
            {item: tuple(metals) for item, metals in raw["exemptions"]["items"].items()},
        ),
    )  # fmt: skip


def fact(name: str, row: Mapping[str, Any]) -> Fact:
    """Return the fact `name` as written in a row of the vocabulary or of a pack's evidence."""
    kind = row["type"]
    if kind not in KINDS:
        raise BadWording((name, "type"), f'"{kind}" is no type of fact: {", ".join(KINDS)}.')
    return Fact(
        name, kind, text(row["question"]), row.get("unit", ""),
        tuple(str(value) for value in row.get("values", ())), row.get("minimum"), row.get("maximum"),
        row.get("assume"), tuple(row.get("synonyms", ())),
    )  # fmt: skip


def _wider(key: str, rows: Mapping[str, Any], file: str) -> frozenset[str]:
    """Return `key` and everything it is a kind of."""
    found: set[str] = set()
    waiting = [key]
    while waiting:
        word = waiting.pop()
        if word in found:
            continue
        if word not in rows:
            raise BadWording((file, key, "is_a"), f'"{word}" is not in {file}.yaml.')
        found.add(word)
        wider = rows[word].get("is_a", [])
        waiting.extend([wider] if isinstance(wider, str) else wider)
    return frozenset(found)
