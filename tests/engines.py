"""Ask both engines the same, and tell their answers in the same words.

An answer is, for each pack, a mapping of what it says; two answers are equal just when a reader
could not tell them apart.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from cncheck.columns.logic import Mask, Value
from cncheck.columns.packs import PackColumns
from cncheck.columns.plan import planned, rows_of, series
from cncheck.columns.turns import turns
from cncheck.columns.wide import judged_packs
from cncheck.evaluate import evaluate
from cncheck.load.typed import typed_frame
from cncheck.model import AT_LEAST, DONE, SEPARATOR, Finding, Product, Rules

Said = dict[str, Any]
CHANGES = ("next change", "breaks")
"""What an answer says of the time to come."""


# ---- a list of products --------------------------------------------------------------------------


def frame_of(products: Sequence[Product], rules: Rules) -> pl.DataFrame:
    """Return the typed columns that say of each row what a product says."""
    names = dict.fromkeys(name for product in products for name in product.facts)
    text = pl.LazyFrame(schema=dict.fromkeys(names, pl.String))
    schema = dict(typed_frame(text, rules).collect_schema())
    schema |= {name + AT_LEAST: pl.Boolean for p in products for name in p.lower_bounds}
    rows = [_cells(product, rules) for product in products]
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in schema}, schema=schema)


def _cells(product: Product, rules: Rules) -> dict[str, Any]:
    cells: dict[str, Any] = {name + AT_LEAST: True for name in product.lower_bounds}
    for name, value in product.facts.items():
        done = isinstance(value, bool) and rules.facts[name].kind != "boolean"
        cell = SEPARATOR.join(value) if isinstance(value, tuple) else value
        cells[name + DONE if done else name] = cell
    return cells


# ---- one product at a time -----------------------------------------------------------------------


def by_product(
    products: Iterable[Product], rules: Rules, as_of: date, *, presume: bool = True
) -> list[dict[str, Said]]:
    """Return what the scalar evaluator, which defines the answer, says of each product."""
    reports = (evaluate(product, rules, as_of, presume=presume) for product in products)
    return [{f.pack.id: _of_product(f) for f in report.findings} for report in reports]


def _of_product(finding: Finding) -> Said:
    change = finding.next_change
    return {
        "verdict": finding.verdict,
        "phase": finding.phase.id if finding.phase else None,
        "matched": [match.entry.code for match in finding.matched],
        "editions": {number for match in finding.matched for number in match.standards},
        "missing": set(finding.missing),
        "duties": {
            duty.obligation.id: {
                "status": duty.status,
                "force": duty.force,
                "missing": set(duty.missing),
                "due": duty.due,
                "overdue": duty.overdue,
                "prepared": duty.prepared is True,
            }
            for duty in finding.duties
        },
        "next change": change.date if change else None,
        "breaks": set(change.breaks) if change else set(),
    }


# ---- all of them in columns ----------------------------------------------------------------------

Key = tuple[str, ...]
Held = dict[Key, list[str]]
"""What is said of a row: the keys of `_asked`, by all but their last word."""


def by_columns(
    products: Sequence[Product], rules: Rules, as_of: date, *, presume: bool = True,
    changes: bool = True,
) -> list[dict[str, Said]]:  # fmt: skip
    """Return what the columns say of each product; without `changes`, not until when."""
    frame = frame_of(products, rules)
    found = judged_packs(frozenset(frame.columns), rules, as_of, presume=presume)
    days: dict[Key, Any] = {}
    asked = {(p.pack.id, *key): mask for p in found for key, mask in _asked(p, days, changes)}
    dates = {key: _values(day, frame) for key, day in days.items()}
    rows = _holding(asked, frame)
    return [
        {p.pack.id: _of_columns(p, row, {key: day[i] for key, day in dates.items()}) for p in found}
        for i, row in enumerate(rows)
    ]


def _asked(one: PackColumns, days: dict[Key, Any], changes: bool) -> Iterator[tuple[Key, Mask]]:
    """Yield every mask of a pack, and note the days that are asked for with them."""
    yield ("verdict", "applies"), one.verdict.yes
    yield ("verdict", "does_not_apply"), one.verdict.no
    for phase, where in zip(one.pack.phases, one.phases, strict=True):
        yield ("phase", phase.id), where
    for entry, where in one.matched:
        yield ("matched", entry.code), where
    for word, masks in (("editions", one.editions), ("missing", one.missing)):
        for name, where in masks.items():
            yield (word, name), where
    for duty in one.duties:
        name = duty.obligation.id
        for word, masks in (("status", duty.statuses), ("force", duty.forces)):
            for value, where in masks.items():
                yield ("duty", name, word, value), where
        for fact, where in duty.missing.items():
            yield ("duty", name, "missing", fact), where
        yield ("duty", name, "overdue"), duty.overdue
        yield ("duty", name, "prepared"), duty.prepared
        for i, (day, where) in enumerate(_choices(duty.due)):
            yield ("duty", name, "due", str(i)), where
            days[one.pack.id, "duty", name, "due", str(i)] = day
    for i, turn in enumerate(turns(one) if changes else ()):
        days[one.pack.id, "turn", str(i)] = turn.day
        yield ("turn", str(i)), turn.where
        for name, where in turn.breaks.items():
            yield ("breaks", str(i), name), where


def _choices(day: Any) -> Sequence[tuple[Any, Mask]]:
    """Return the days that `day` may be, and where: one for all rows, or that of an entry each."""
    if isinstance(day, tuple) and not isinstance(day, Value):
        return [(choice.value, choice.where) for choice in day]
    return [(day, True)]


def _values(day: Any, frame: pl.DataFrame) -> list[Any]:
    if isinstance(day, Value):
        return frame.select(day.column).to_series().to_list()
    return [day] * frame.height


def _holding(asked: Mapping[Key, Mask], frame: pl.DataFrame) -> list[Held]:
    """Return what is said of each row: the keys of the masks that it is in."""
    plan = planned(frame.lazy(), asked.values(), ["id", "product_type"])
    column_of = rows_of(plan, plan.frame.collect())
    rows: list[Held] = [{} for _ in range(frame.height)]
    for (*start, word), mask in asked.items():
        for i in series(column_of(mask), frame.height).arg_true():
            rows[i].setdefault(tuple(start), []).append(word)
    return rows


def _of_columns(one: PackColumns, row: Held, days: Mapping[Key, Any]) -> Said:
    """Return what a pack says of a row."""
    pack = one.pack.id

    def only(*key: str) -> str | None:
        words = row.get((pack, *key), [])
        assert len(words) <= 1, f"{words} exclude each other"
        return words[0] if words else None

    turned = {i: days[pack, "turn", i] for i in row.get((pack, "turn"), ())}
    first = min(turned.values(), default=None)
    duties = [
        d.obligation.id for d in one.duties if (pack, "duty", d.obligation.id, "status") in row
    ]
    return {
        "verdict": only("verdict") or "undetermined",
        "phase": only("phase"),
        "matched": sorted(row.get((pack, "matched"), ())),
        "editions": set(row.get((pack, "editions"), ())),
        "missing": set(row.get((pack, "missing"), ())),
        "duties": {
            name: {
                "status": only("duty", name, "status"),
                "force": only("duty", name, "force"),
                "missing": set(row.get((pack, "duty", name, "missing"), ())),
                "due": days.get((pack, "duty", name, "due", only("duty", name, "due") or "")),
                "overdue": "overdue" in row.get((pack, "duty", name), ()),
                "prepared": "prepared" in row.get((pack, "duty", name), ()),
            }
            for name in duties
        },
        "next change": first,
        "breaks": {
            name
            for i, day in turned.items()
            if day == first
            for name in row.get((pack, "breaks", i), ())
        },
    }


def differences(
    products: Sequence[Product], rules: Rules, as_of: date, *, presume: bool = True,
    changes: bool = True,
) -> list[tuple[dict[str, Any], Key, Any, Any]]:  # fmt: skip
    """Return where the columns say something else: the product, where, what it is, what they say."""
    wanted = by_product(products, rules, as_of, presume=presume)
    told = by_columns(products, rules, as_of, presume=presume, changes=changes)
    return [
        (dict(product.facts), *difference)
        for product, want, tell in zip(products, wanted, told, strict=True)
        for difference in differing(want, tell)
        if changes or difference[0][-1] not in CHANGES
    ]


def differing(want: Any, tell: Any, *key: str) -> Iterator[tuple[Key, Any, Any]]:
    """Yield where two answers differ."""
    if isinstance(want, dict) and isinstance(tell, dict):
        for name in [*want, *(tell.keys() - want.keys())]:
            yield from differing(want.get(name), tell.get(name), *key, name)
    elif want != tell:
        yield key, want, tell
