"""From masks to the columns of a batch: tests as Polars expressions over the list, the rest by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from cncheck.columns.logic import ByValue, Column, Mask, Node, Step, computed, in_order, steps
from cncheck.conditions import LISTS, OPERATORS
from cncheck.model import SEPARATOR

_NO_TYPE = 255  # a code that no product type has

Rows = Callable[[Mask], Column]
"""Returns the column of a mask in a batch."""


class Plan(NamedTuple):
    """What is computed of a list, and how the masks follow from it."""

    frame: pl.LazyFrame
    """What was kept of the list, and the tests."""
    kept: Mapping[str, pl.Expr]
    """The columns of `frame`, of the facts."""
    nodes: tuple[Node, ...]
    """All nodes, parts first; what follows goes by their places."""
    places: Mapping[int, int]
    """The identity of a node -> its place."""
    order: tuple[Step, ...]
    tests: Mapping[int, str]
    """Place -> the column of the test."""
    types: Mapping[int, int]
    """Place -> the code of a product type."""
    texts: Mapping[str, Mapping[int, ByValue]]
    """Column of texts -> the tests that are put to each different one, by place."""


def planned(
    facts: pl.LazyFrame, masks: Iterable[Mask], keep: Sequence[str], **columns: pl.Expr
) -> Plan:
    """Return the plan of `masks` over the rows of `facts`.

    Args:
        facts: columns as `load.typed.typed_frame` gives them.
        masks: what will be asked for.
        keep: columns that are needed as they are.
        columns: further columns, by name.

    """
    wanted = tuple(masks)
    nodes = in_order(wanted)
    tests: dict[int, str] = {}
    types: dict[int, int] = {}
    texts: dict[str, dict[int, ByValue]] = {}
    for place, node in enumerate(nodes):
        if isinstance(node.test, ByValue):
            name = f"|text {node.test.column}"
            columns[name] = pl.col(node.test.column).cast(pl.String)
            texts.setdefault(name, {})[place] = node.test
        elif isinstance(node.test, int):
            types[place] = node.test
        elif node.test is not None:
            tests[place] = f"|{place}"
            columns[tests[place]] = node.test
    places = {id(node): place for place, node in enumerate(nodes)}
    kept = {name: pl.col(name) for name in keep} | columns
    return Plan(
        facts.select(**kept), kept, tuple(nodes), places, steps(nodes, wanted), tests, types, texts
    )


def again(plan: Plan, facts: pl.LazyFrame) -> Plan:
    """Return the same plan over another list with the same facts."""
    return plan._replace(frame=facts.select(**plan.kept))


def rows_of(plan: Plan, batch: pl.DataFrame) -> Rows:
    """Compute the masks of a batch of `plan.frame`; return what looks one up."""
    tests: dict[int, Column] = {place: batch[name] for place, name in plan.tests.items()}
    if plan.types:
        codes = batch["product_type"].to_physical().fill_null(_NO_TYPE)
        there = set(codes.unique())  # a type that no row has costs nothing
        tests |= {
            place: codes == code if code in there else False for place, code in plan.types.items()
        }
    for name, asked in plan.texts.items():
        tests |= _of_each_text(batch[name], asked)
    found = computed(plan.order, tests)
    places = plan.places
    return lambda mask: found[places[id(mask)]] if isinstance(mask, Node) else mask


def _of_each_text(texts: pl.Series, asked: Mapping[int, ByValue]) -> dict[int, Column]:
    """Put tests to each different text once."""
    different = texts.drop_nulls().unique()
    if not len(different):
        return dict.fromkeys(asked, False)
    place = texts.cast(pl.Enum(different)).to_physical().fill_null(len(different))
    found: dict[int, Column] = {}
    for node, test in asked.items():
        how = OPERATORS[test.operator]
        words = (text.split(SEPARATOR) if how.kinds == LISTS else text for text in different)
        answers = [how.holds(value, test.operand) for value in words]
        found[node] = pl.Series([*answers, False]).gather(place)
    return found


def series(column: Column, height: int) -> pl.Series:
    """Return a mask as a column of this height."""
    return column if isinstance(column, pl.Series) else constant(column, height)


def constant(
    value: object, height: int, dtype: pl.DataType | type[pl.DataType] | None = None
) -> pl.Series:
    """Return a column with one value."""
    return pl.Series([value], dtype=dtype).new_from_index(0, height)
