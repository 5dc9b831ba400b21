"""Reduce a descriptor's homogeneous materials to facts, so that conditions stay flat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cncheck.conditions import Text
from cncheck.load.values import DONE, SHOWS_NOTHING, number, shown, typed
from cncheck.load.vocabulary import SUBSTANCES
from cncheck.model import Fact, Origin, Rules
from cncheck.problems import MAX_TOLD, did_you_mean, key_shown

_PLACE = tuple[str | int, ...]
_MILLION = 1_000_000  # mg/kg: a material cannot hold more of anything
_NO_CLAIM = SHOWS_NOTHING | {"", *(word for word, done in DONE.items() if not done)}
_KEYS = ("part", "material", "substances", "exemption", "basis")
_HOMOGENEOUS = "homogeneous"
_NOT_EXEMPT = "materials_not_exempt"
_BASES = (_HOMOGENEOUS, "component", "product")

_LABELS = tuple(
    Fact(key, "text", Text("What is it called?", "名称是什么？")) for key in ("part", "material")
)
_EXEMPTION = Fact("exemption", "text", Text("Which item?", "哪一项？"))
_AMOUNT = Fact("substances", "number", Text("How much?", "含量多少？"), "mg/kg", minimum=0)


def reduce_materials(
    rows: Any, rules: Rules, wrong: list[tuple[_PLACE, str]]
) -> tuple[dict[str, Any], frozenset[str], dict[str, Origin]]:
    """Reduce homogeneous materials to the worst mass fraction of each substance.

    Returns:
        the facts `materials.<substance>`, and `materials_not_exempt.<substance>` where the
        vocabulary has it (values left out that an exemption may excuse), in mg/kg; those of them
        that are lower bounds because some material does not state the substance, or is not
        homogeneous; and the item each value comes from.

    """
    if not isinstance(rows, list):
        message = (
            "`materials` is a list, one item for each homogeneous material, such as"
            " [{part: wire, material: PVC, substances: {Pb: 20}}]."
        )
        wrong.append((("materials",), message))
        return {}, frozenset(), {}
    materials = [
        m for i, row in enumerate(rows) if (m := _material(i, row, rules, wrong)) is not None
    ]
    facts: dict[str, Any] = {}
    lower_bounds: set[str] = set()
    origins: dict[str, Origin] = {}
    excused = {m["index"]: _excused(m, rules) for m in materials}
    for group in ("materials", _NOT_EXEMPT):
        for substance in SUBSTANCES:
            name = f"{group}.{substance}"
            stated = [m for m in materials if _states(m, substance)]
            if name not in rules.facts or not stated:
                continue
            counted = [
                m for m in stated if group != _NOT_EXEMPT or substance not in excused[m["index"]]
            ]
            worst = max(counted, key=lambda m: m["substances"][substance], default=None)
            facts[name] = worst["substances"][substance] if worst else 0
            silent = next((m for m in materials if not _states(m, substance)), None)
            if silent:
                lower_bounds.add(name)
            if worst:
                path = ("materials", worst["index"], "substances", substance)
                lacking = silent["label"] if silent else ""
                origins[name] = Origin(worst["label"], lacking, path)
    if any(len(metals) > 1 for metals in excused.values()):
        facts["exemption_for_several_metals"] = True
    claimed = tuple(dict.fromkeys(m["exemption"] for m in materials if m["exemption"]))
    if claimed:
        facts["exemptions_claimed"] = claimed
    return facts, frozenset(lower_bounds), origins


def _states(material: Mapping[str, Any], substance: str) -> bool:
    """Return whether a material tells of a substance what a limit is about."""
    return material["basis"] == _HOMOGENEOUS and substance in material["substances"]


def _excused(material: Mapping[str, Any], rules: Rules) -> list[str]:
    """Return the metals above their limits for which the claim of a material may stand."""
    if not material["exemption"] or material["basis"] != _HOMOGENEOUS:
        return []
    known = rules.vocabulary.exemptions
    covered = known.items.get(material["exemption"], tuple(known.above))
    amounts = material["substances"]
    return [metal for metal in covered if amounts.get(metal, 0) > known.above[metal]]


def _material(
    i: int, row: Any, rules: Rules, wrong: list[tuple[_PLACE, str]]
) -> dict[str, Any] | None:
    """Return one material with typed values, or None after noting what is wrong with it."""
    path: _PLACE = ("materials", i)
    before = len(wrong)
    if before > MAX_TOLD:
        return None
    if not isinstance(row, dict):
        wrong.append(
            (
                path,
                "A material is a mapping, such as {part: wire, material: PVC, substances: {Pb: 20}}.",
            )
        )
        return None
    for key in row:
        if key not in _KEYS:
            hint = did_you_mean(str(key), _KEYS) or f" Known keys: {', '.join(_KEYS)}."
            wrong.append(((*path, key), f"Unknown key {key_shown(str(key))} in a material.{hint}"))
    labels = []
    for fact in _LABELS:
        if row.get(fact.name) is not None:
            try:
                labels.append(typed(fact, row[fact.name], rules))
            except ValueError as error:
                wrong.append(((*path, fact.name), str(error)))
    basis = _HOMOGENEOUS if row.get("basis") is None else row["basis"]
    if basis not in _BASES:
        message = f"`basis` cannot be {shown(basis)}. Write one of: {', '.join(_BASES)}."
        wrong.append(((*path, "basis"), message))
    exemption = _exemption(row.get("exemption"), (*path, "exemption"), rules, wrong)
    substances = {} if row.get("substances") is None else row["substances"]
    if not isinstance(substances, dict):
        wrong.append(
            ((*path, "substances"), "`substances` is a mapping, such as {Pb: 20} in mg/kg.")
        )
        return None
    amounts: dict[str, float] = {}
    for key, value in substances.items():
        place = (*path, "substances", key)
        if key not in SUBSTANCES:
            hint = did_you_mean(str(key), SUBSTANCES) or f" Substances: {', '.join(SUBSTANCES)}."
            if value is None and ":" in str(key):
                hint = " Put a space after the colon."
            wrong.append((place, f"Unknown substance {key_shown(str(key))}.{hint}"))
        elif value is not None:
            try:
                amounts[key] = number(_AMOUNT, value)
            except ValueError:
                message = (
                    f"{key} is a mass fraction in mg/kg, 0 or more, but it is {shown(value)}."
                    " Write the figure alone (0.1 % is 1000)."
                )
                wrong.append((place, message))
                continue
            if amounts[key] > _MILLION:
                wrong.append(
                    (
                        place,
                        f"{key}: {value:.12g} mg/kg is more than the whole material. Is the unit mg/kg?",
                    )
                )
    if len(wrong) > before:
        return None
    return {
        "index": i, "label": " / ".join(labels) or f"material {i + 1}", "substances": amounts, "basis": basis,
        "exemption": exemption,
    }  # fmt: skip


def _exemption(
    value: Any, path: _PLACE, rules: Rules, wrong: list[tuple[_PLACE, str]]
) -> str | None:
    """Return the item of the exemption list that a material claims, or None."""
    if value is None or str(value).strip().lower() in _NO_CLAIM:
        return None
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        try:
            item: str = typed(_EXEMPTION, value, rules)
        except ValueError as error:
            wrong.append((path, str(error)))
            return None
        return item
    message = f"`exemption` is the item number as text, in quotes, but it is {shown(value)}."
    wrong.append((path, message))
    return None
