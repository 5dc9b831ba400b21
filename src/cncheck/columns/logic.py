"""Three values over columns, as two masks: where something is yes, and where it is no.

Tests of facts are Polars expressions, with null for unknown; each becomes two masks without nulls.
What is built from them, the thousands of small steps from tests to duties, is a graph of masks:
equal ones are one node, so that what several duties ask is computed once, what every row answers
alike is not computed at all, and what is the same on two days is seen to be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import polars as pl


class ByValue(NamedTuple):
    """A test that is put to each different text of a column, by an operator of the language."""

    column: str
    operand: Any
    operator: str


Test = pl.Expr | ByValue | int
"""An expression that is never null, a test of each different text, or the code of a product type."""


class Node:
    """A mask that differs from row to row; compared by identity."""

    __slots__ = ("join", "parts", "test")

    def __init__(self, join: str, parts: tuple[Node, ...], test: Test | None = None) -> None:
        self.join = join
        self.parts = parts
        self.test = test
        """What a node without parts asks of a row."""


Mask = bool | Node
"""Which rows: all, none, or those of a node."""

Column = pl.Series | bool
"""A mask of one batch."""

Made = TypeVar("Made")


class Truth(NamedTuple):
    """Where something is yes, and where it is no; elsewhere it is unknown."""

    yes: Mask
    no: Mask


YES, NO, UNKNOWN = Truth(yes=True, no=False), Truth(yes=False, no=True), Truth(yes=False, no=False)
CONSTANT = {True: YES, False: NO, None: UNKNOWN}


def opposite(truth: Truth) -> Truth:
    """Return the "not" of `truth`; unknown stays unknown."""
    return Truth(truth.no, truth.yes)


class Value(NamedTuple):
    """A column of values: how it is computed, and what tells it from others."""

    key: Hashable
    column: pl.Expr


class Logic:
    """The masks of one evaluation, each made once."""

    def __init__(self) -> None:
        self._nodes: dict[Hashable, Node] = {}
        self._known: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what `make` returns, which is asked for where the key is new."""
        found: Made | None = self._known.get(key)
        if found is None:
            found = self._known[key] = make()
        return found

    # ---- tests ---------------------------------------------------------------------------------

    def mask(self, key: Hashable, test: Callable[[], Test]) -> Node:
        """Return the rows that pass a test, which is made where the key is new."""
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = Node("test", (), test())
        return found

    def truth(self, key: Hashable, test: Callable[[], pl.Expr], *of: Value) -> Truth:
        """Return the truth of an expression, which is unknown where one of the values `of` is."""
        yes = self.mask(key, lambda: test().fill_null(value=False))
        return Truth(yes, self.without(self.all_of(map(self.known, of)), yes))

    def known(self, value: Value) -> Mask:
        """Return where a column has a value."""
        return self.mask(("known", value.key), value.column.is_not_null)

    # ---- masks ---------------------------------------------------------------------------------

    def all_of(self, masks: Iterable[Mask]) -> Mask:
        """Return the rows that are in all of `masks`."""
        return self._join("all", masks, deciding=False)

    def any_of(self, masks: Iterable[Mask]) -> Mask:
        """Return the rows that are in one of `masks`."""
        return self._join("any", masks, deciding=True)

    def _join(self, join: str, masks: Iterable[Mask], *, deciding: bool) -> Mask:
        parts: dict[int, Node] = {}
        for mask in masks:
            if mask is deciding:
                return deciding
            if isinstance(mask, Node):
                parts[id(mask)] = mask
        if len(parts) > 1:
            return self._node(join, *(parts[key] for key in sorted(parts)))
        return next(iter(parts.values()), not deciding)

    def without(self, mask: Mask, *others: Mask) -> Mask:
        """Return the rows of `mask` that are in none of `others`."""
        return self.all_of([mask, *map(self.rest, others)])

    def rest(self, mask: Mask) -> Mask:
        """Return the other rows."""
        if isinstance(mask, Node):
            return mask.parts[0] if mask.join == "rest" else self._node("rest", mask)
        return not mask

    def differ(self, one: Mask, other: Mask) -> Mask:
        """Return the rows that are in one of two masks only."""
        if one is other:
            return False
        if isinstance(one, Node) and isinstance(other, Node):
            return self._node("differ", *sorted((one, other), key=id))
        node, constant = (one, other) if isinstance(one, Node) else (other, one)
        return self.rest(node) if constant else node

    def _node(self, join: str, *parts: Node) -> Node:
        key = (join, *map(id, parts))
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = Node(join, parts)
        return found

    # ---- truths --------------------------------------------------------------------------------

    def both(self, truths: Iterable[Truth]) -> Truth:
        """Return Kleene's "and"."""
        parts = list(truths)
        return Truth(self.all_of(t.yes for t in parts), self.any_of(t.no for t in parts))

    def either(self, truths: Iterable[Truth]) -> Truth:
        """Return Kleene's "or"."""
        return opposite(self.both(map(opposite, truths)))

    def unknown(self, truth: Truth) -> Mask:
        """Return where `truth` is neither yes nor no."""
        return self.rest(self.any_of(truth))

    def presumed(self, truth: Truth, value: bool) -> Truth:
        """Return `truth` with `value` where it is unknown."""
        if value:
            return Truth(self.rest(truth.no), truth.no)
        return Truth(truth.yes, self.rest(truth.yes))

    def where(self, mask: Mask, truth: Truth) -> Truth:
        """Return `truth` in the rows of `mask`, and unknown elsewhere."""
        return Truth(*(self.all_of([mask, side]) for side in truth))


# ---- computing -----------------------------------------------------------------------------------


def in_order(masks: Iterable[Mask]) -> list[Node]:
    """Return all nodes that `masks` are made of, parts first."""
    found: dict[int, Node] = {}
    waiting = [(mask, False) for mask in masks if isinstance(mask, Node)]
    while waiting:
        node, ready = waiting.pop()
        if id(node) in found:
            continue
        if ready:
            found[id(node)] = node
        else:
            waiting.append((node, True))
            waiting += [(part, False) for part in node.parts]
    return list(found.values())


class Step(NamedTuple):
    """How the mask of a node is computed."""

    join: str
    parts: tuple[int, ...]
    """The places of what is joined."""
    spent: tuple[int, ...]
    """The places of what no later step needs, and nobody asked for."""


def steps(order: Sequence[Node], wanted: Iterable[Mask]) -> tuple[Step, ...]:
    """Return how each node of `order`, parts first, follows from those before it."""
    place = {id(node): i for i, node in enumerate(order)}
    parts = [tuple(place[id(part)] for part in node.parts) for node in order]
    last = {part: i for i, joined in enumerate(parts) for part in joined}
    kept = {place[id(mask)] for mask in wanted if isinstance(mask, Node)}
    spent: dict[int, list[int]] = {}
    for part, i in last.items():
        if part not in kept:
            spent.setdefault(i, []).append(part)
    return tuple(
        Step(node.join, joined, tuple(spent.get(i, ())))
        for i, (node, joined) in enumerate(zip(order, parts, strict=True))
    )


def computed(order: Iterable[Step], tests: dict[int, Column]) -> list[Column]:
    """Return the column of every step, in their order.

    Args:
        order: the steps.
        tests: the columns of the steps without parts, by their place.

    """
    columns: list[Column] = []
    for place, (join, parts, spent) in enumerate(order):
        columns.append(_JOINS[join](columns, parts) if parts else _plain(tests.pop(place)))
        for part in spent:
            columns[part] = False
    return columns


def _plain(column: Column) -> Column:
    """Return what a whole batch answers alike as such: it costs nothing later."""
    if isinstance(column, pl.Series):
        return False if not column.any() else True if column.all() else column
    return column


def _all(columns: list[Column], parts: tuple[int, ...]) -> Column:
    found: Column = True
    for part in parts:
        column = columns[part]
        if column is False:
            return False
        if column is not True:
            found = column if found is True else found & column
    # Parts that vary may have no row in common; all rows they never have.
    return False if isinstance(found, pl.Series) and not found.any() else found


def _any(columns: list[Column], parts: tuple[int, ...]) -> Column:
    found: Column = False
    for part in parts:
        column = columns[part]
        if column is True:
            return True
        if column is not False:
            found = column if found is False else found | column
    return True if isinstance(found, pl.Series) and found.all() else found


def _rest(columns: list[Column], parts: tuple[int, ...]) -> Column:
    column = columns[parts[0]]
    return ~column if isinstance(column, pl.Series) else not column


def _differ(columns: list[Column], parts: tuple[int, ...]) -> Column:
    one, other = (columns[part] for part in parts)
    if isinstance(one, pl.Series) and isinstance(other, pl.Series):
        return _plain(one ^ other)
    varying, constant = (one, other) if isinstance(one, pl.Series) else (other, one)
    if isinstance(varying, pl.Series):
        return ~varying if constant else varying
    return one is not other


_JOINS: dict[str, Callable[[list[Column], tuple[int, ...]], Column]] = {
    "all": _all,
    "any": _any,
    "rest": _rest,
    "differ": _differ,
}
