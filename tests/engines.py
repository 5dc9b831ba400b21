"""Ask both engines the same, and tell their answers in the same words.

An answer is, for each pack, a mapping of what it says; two answers are equal just when a reader
could not tell them apart.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from cncheck.columns.conditions import Columns, Types
from cncheck.columns.logic import Logic, Mask, Node, Value, computed, in_order
from cncheck.columns.packs import PackColumns, judged, turns
from cncheck.evaluate import evaluate
from cncheck.load.cells import typed_frame
from cncheck.model import AT_LEAST, DONE, SEPARATOR, Finding, Product, Rules

Said = dict[str, Any]


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
Holds = set[Key]
"""What is said of a row, by the keys of `_asked`."""


def by_columns(
    products: Sequence[Product], rules: Rules, as_of: date, *, presume: bool = True
) -> list[dict[str, Said]]:
    """Return what the columns say of each product."""
    frame = frame_of(products, rules)
    types = Types(rules.vocabulary.types.values())
    base = Columns(Logic(), rules, types, frozenset(frame.columns), as_of, as_of, presume)
    found = [judged(pack, base) for pack in rules.packs]
    days: dict[Key, Any] = {}
    asked = {(p.pack.id, *key): mask for p in found for key, mask in _asked(p, days)}
    dates = {key: _values(day, frame) for key, day in days.items()}
    rows = _holding(asked, frame)
    return [
        {p.pack.id: _of_columns(p, row, {key: day[i] for key, day in dates.items()}) for p in found}
        for i, row in enumerate(rows)
    ]


def _asked(one: PackColumns, days: dict[Key, Any]) -> Iterator[tuple[Key, Mask]]:
    """Yield every mask of a pack, and note the days that are asked for with them."""
    yield ("applies",), one.verdict.yes
    yield ("does_not_apply",), one.verdict.no
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
    for i, turn in enumerate(turns(one)):
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


def _holding(asked: Mapping[Key, Mask], frame: pl.DataFrame) -> list[Holds]:
    """Return for each row the keys of the masks that it is in."""
    order = in_order(asked.values())
    tests = {str(id(n)): n.test for n in order if isinstance(n.test, pl.Expr)}
    found = frame.lazy().select(pl.lit(value=True).alias("one"), **tests).collect()
    codes = frame["product_type"].to_physical()
    leaves = {
        id(n): codes == n.test if isinstance(n.test, int) else found[str(id(n))]
        for n in order
        if n.test is not None
    }
    columns = computed(order, leaves)
    rows: list[Holds] = [set() for _ in range(frame.height)]
    for key, mask in asked.items():
        column = columns[id(mask)] if isinstance(mask, Node) else mask
        for i in range(frame.height) if column is True else () if column is False else column.arg_true():
            rows[i].add(key)
    return rows


def _of_columns(one: PackColumns, row: Holds, days: Mapping[Key, Any]) -> Said:
    """Return what a pack says of a row; whatever has one value at most may say no second one."""
    pack = one.pack.id

    def names(*start: str) -> list[str]:
        key = (pack, *start)
        return [k[len(key)] for k in row if k[: len(key)] == key and len(k) == len(key) + 1]

    def only(*start: str) -> str | None:
        found = names(*start)
        assert len(found) <= 1, (start, found)
        return found[0] if found else None

    listed = {duty.obligation.id for duty in one.duties if names("duty", duty.obligation.id, "status")}
    turned = {i: days[pack, "turn", i] for i in names("turn")}
    first = min(turned.values(), default=None)
    verdict = [word for word in ("applies", "does_not_apply") if (pack, word) in row]
    assert len(verdict) <= 1
    return {
        "verdict": verdict[0] if verdict else "undetermined",
        "phase": only("phase"),
        "matched": sorted(names("matched")),
        "editions": set(names("editions")),
        "missing": set(names("missing")),
        "duties": {
            name: {
                "status": only("duty", name, "status"),
                "force": only("duty", name, "force"),
                "missing": set(names("duty", name, "missing")),
                "due": days[pack, "duty", name, "due", only("duty", name, "due") or ""],
                "overdue": (pack, "duty", name, "overdue") in row,
                "prepared": (pack, "duty", name, "prepared") in row,
            }
            for name in listed
        },
        "next change": first,
        "breaks": {n for i, day in turned.items() if day == first for n in names("breaks", i)},
    }
