"""Look at a foreign list: its first cells, and its different ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

SAMPLE = 10_000  # rows
MOST_VALUES = 500  # in a column whose values are looked at one by one
MOST_CELLS = 200  # of a column, tried on a fact
_NEARLY = 0.9


class Look(NamedTuple):
    """What was seen of a column."""

    column: str
    cells: tuple[str | None, ...]
    """Its first cells, in the order of the rows; None = blank."""
    values: Mapping[str, int]
    """Its different cells and how often they stand, the most frequent first; up to 501 of them."""
    numeric: bool

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return len(self.cells)

    @property
    def filled(self) -> int:
        """How many of its cells are not blank."""
        return sum(cell is not None for cell in self.cells)

    @property
    def all_different(self) -> bool:
        """Whether no cell is blank, and none stands twice."""
        return self.filled == self.rows == len(set(self.cells)) > 0

    @property
    def nearly_all_different(self) -> bool:
        """Whether few cells are blank or stand twice."""
        return len(set(self.cells) - {None}) >= _NEARLY * self.rows > 0


def look_at(frame: pl.LazyFrame, columns: Sequence[str]) -> list[Look]:
    """Return what is seen of each column, in the order of the list."""

    def text(name: str) -> pl.Expr:
        cell = pl.col(name).cast(pl.String).str.strip_chars()
        return pl.when(cell != "").then(cell).alias(name)

    schema = frame.collect_schema()
    flat = [name for name in columns if not schema[name].is_nested()]
    sample = frame.select(text(name) for name in flat).head(SAMPLE).collect(engine="streaming")
    few = [name for name in flat if sample[name].n_unique() <= MOST_VALUES + 1]
    counted = {}
    if sample.height == SAMPLE:
        whole = [frame.select(text(n)).group_by(n).len() for n in few]
        done = pl.collect_all(whole, engine="streaming")
        counted = dict(zip(few, done, strict=True))
    looks = []
    for name in columns:
        if name not in flat:
            looks.append(Look(name, (), {}, numeric=False))
            continue
        cells = sample[name].to_list()
        table = counted.get(name)
        counts = Counter(cells) if table is None else Counter(dict(table.iter_rows()))
        del counts[None]
        ordered = sorted(counts.items(), key=lambda row: (-row[1], row[0]))[: MOST_VALUES + 1]
        numeric = all(_is_number(value) for value, _ in ordered[:MOST_CELLS])
        looks.append(Look(name, tuple(cells), dict(ordered), numeric))
    return looks


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?[\d.,' ]+", text) is not None
