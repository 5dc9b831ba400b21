"""Turn a foreign list by a map: its columns and values become facts.

What a row says about a fact is the first of these that says anything:

1. `constants`;
2. the columns of the map for this fact, in the order of the map; a column of the list that bears the
   fact's name counts as one, unless the map has a column for the fact or for that name;
3. `with` of a value in another column, in the order of the map;
4. `defaults`.

Blanks around a cell do not count. A blank cell says nothing, nor does "n/a" and the like (where it is
no name), nor one whose value is `null`.
A cell that `values` does not name takes `otherwise`. Without that it stands as it is (read as
`written`, which has to fit, and multiplied by `times`, if it is a number), for the next door to read;
only a product type is never taken from such a cell: if nothing else in the row's columns gives one,
the row is an error, and `defaults` does not hide it. The error names the last of these columns that
the row fills, which is the most general one where the map goes from single goods to their kinds: one
more line there settles the most rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from cncheck.load.maps import Column, ListMap
from cncheck.load.values import NOTHING_SAID, shown
from cncheck.load.written import FORMS
from cncheck.model import AT_LEAST, ROW_ERROR, Fact, Problem
from cncheck.problems import InputError, did_you_mean

_TYPE = "product_type"
_PLACES = 12  # decimal places up to which a product is exact
_DIGITS = 38 - _PLACES  # digits before the point
_SHOWN_COLUMNS = 12
_SHOWN_TEXT = 80


def mapped(frame: pl.LazyFrame, columns: Sequence[str], list_map: ListMap) -> pl.LazyFrame:
    """Return the list with facts as its columns, row by row, in order.

    Args:
        frame: the list as it was read.
        columns: its columns, as far as they are the list's own.
        list_map: what they mean.

    Returns:
        A column of text for every fact that the map or the list states (a column that needs no
        turning keeps its type), the `|at_least` columns of facts that the map leaves alone, and
        `ROW_ERROR`: what it was, or why the row cannot be read by the map.

    Raises:
        InputError: the list lacks a column of the map, or nothing in it is a fact.

    """
    missing = {c.name: c for c in list_map.columns if c.name not in columns}
    if missing:
        raise InputError(_missing(one, columns, list_map.file) for one in missing.values())
    schema = frame.collect_schema()
    sources = _sources(columns, schema, list_map)
    facts = _said(sources, list_map)
    if not facts:
        message = "The map makes no column of the list a fact. Add one under `columns`."
        raise InputError([Problem(message, list_map.file, 1, 1)])
    untouched = {s.column.fact for s in sources if s.own} - list_map.constants.keys()
    bounds = [f"{name}{AT_LEAST}" for name in facts if name in untouched]
    bounds = [name for name in bounds if name in schema]
    if ROW_ERROR not in schema:
        frame = frame.with_columns(pl.lit(None, pl.String).alias(ROW_ERROR))
    cells = frame.with_columns(source.text().alias(source.cell_name) for source in sources)
    stated = cells.with_columns(said.alias(name) for name, said in facts.items())
    closed = [] if _TYPE in list_map.constants else [s for s in reversed(sources) if s.closed]
    said = [*(source.lacking() for source in closed), *(source.muted() for source in closed)]
    lacking = [pl.when(pl.col(_TYPE).is_null()).then(one) for one in said]
    strange = [source.strange() for source in sources if source.column.written]
    error = pl.coalesce(ROW_ERROR, *lacking, *strange)
    return stated.with_columns(error).select(*facts, *bounds, ROW_ERROR)


def _missing(column: Column, columns: Sequence[str], file: str) -> Problem:
    first = ", ".join(columns[:_SHOWN_COLUMNS]) + (", ..." if columns[_SHOWN_COLUMNS:] else "")
    hint = did_you_mean(column.name, columns) or f" It has: {first}."
    message = f"The list has no column {shown(column.name)}.{hint}"
    return Problem(message, file, column.line, column.column)


class _Source(NamedTuple):
    """A column that states a fact, and the type it has in the list."""

    column: Column
    fact: Fact
    dtype: pl.DataType
    own: bool
    """It bears the fact's name, and the map does not speak of it."""

    @property
    def plain(self) -> bool:
        """Whether its cells already are what the fact's column would hold."""
        column = self.column
        as_it_is = column.values is None and column.otherwise is None
        return as_it_is and column.written is None and column.times == 1

    @property
    def closed(self) -> bool:
        """Whether a cell that the map does not name leaves the product type open."""
        column = self.column
        return column.fact == _TYPE and column.values is not None and column.otherwise is None

    @property
    def cell_name(self) -> str:
        return f"|{self.column.fact} in {self.column.name}"

    @property
    def cell(self) -> pl.Expr:
        return pl.col(self.cell_name)

    def text(self) -> pl.Expr:
        """Return its cells as text; null where they say nothing: blank, or a word for that."""
        text = _as_text(pl.col(self.column.name), self.dtype).str.strip_chars()
        silent = text == ""
        if self.fact.kind != "text" or self.fact.name.startswith("evidence."):
            named = [*(self.column.values or {}), *self.fact.values]
            silent |= _among(text.str.to_lowercase(), sorted(NOTHING_SAID)) & ~_among(text, named)
        return pl.when(~silent).then(text)

    def said(self) -> pl.Expr:
        """Return what it says about its fact."""
        column, cell = self.column, self.cell
        if column.otherwise is not None:
            other = pl.lit(column.otherwise.text, pl.String)
        elif self.closed:
            other = pl.lit(None, pl.String)
        else:
            other = FORMS[column.written].plain(cell) if column.written else cell
            other = other if column.times == 1 else _times(other, column.times)
        values = {key: meaning.text for key, meaning in (column.values or {}).items()}
        return _replaced(cell, values, other)

    def follows(self) -> Iterator[tuple[str, pl.Expr]]:
        """Yield the facts that follow from its values."""
        values, otherwise = self.column.values or {}, self.column.otherwise
        other = otherwise.facts if otherwise is not None else {}
        for fact in dict.fromkeys([*(f for m in values.values() for f in m.facts), *other]):
            given = {key: meaning.facts.get(fact) for key, meaning in values.items()}
            yield fact, _replaced(self.cell, given, pl.lit(other.get(fact), pl.String))

    def unlisted(self) -> pl.Expr:
        """Return whether the map does not name the value in its cell."""
        return ~_among(self.cell, [*(self.column.values or {})])

    def lacking(self) -> pl.Expr:
        """Return what the map lacks: the value in its cell."""
        message = "has no product type in the map: add it under values"
        return self._about(pl.when(self.unlisted()).then(self.cell), message)

    def muted(self) -> pl.Expr:
        """Return which cell the map takes for one that says nothing."""
        muted = [key for key, meaning in (self.column.values or {}).items() if meaning.text is None]
        message = "is null in the map: give it a product type, or take such rows out of the list"
        return self._about(pl.when(_among(self.cell, muted)).then(self.cell), message)

    def strange(self) -> pl.Expr:
        """Return which cell is not written as the map says."""
        form = self.column.written or ""
        unread = self.unlisted() & FORMS[form].plain(self.cell).is_null()
        message = f"is not written as {form}: mend the cell, or what the map says is written"
        return self._about(pl.when(unread).then(self.cell), message)

    def _about(self, cell: pl.Expr, message: str) -> pl.Expr:
        """Return `message` about each cell; null where there is none."""
        return pl.concat_str(
            pl.lit(f'{self.column.name} "'),
            cell.str.replace_all(r"[\s\p{Cc}]+", " ").str.slice(0, _SHOWN_TEXT),
            pl.lit(f'" {message}'),
        )


def _sources(columns: Sequence[str], schema: pl.Schema, list_map: ListMap) -> list[_Source]:
    """Return the columns that state facts: the list's own first, then those of the map."""
    turned = {column.name for column in list_map.columns}
    stated = {column.fact for column in list_map.columns}
    own = [
        Column(name, name, None, None, None, Decimal(1), 0, 0)
        for name in columns
        if name in list_map.facts and name not in turned and name not in stated
    ]
    return [
        _Source(column, list_map.facts[column.fact], schema[column.name], own=i < len(own))
        for i, column in enumerate([*own, *list_map.columns])
    ]


def _said(sources: Sequence[_Source], list_map: ListMap) -> dict[str, pl.Expr]:
    """Return what a row says about each fact, by the order in the head of this module."""
    said: dict[str, list[pl.Expr]] = {}
    for source in sources:
        said.setdefault(source.column.fact, []).append(source.said())
    for source in sources:
        for fact, follows in source.follows():
            said.setdefault(fact, []).append(follows)
    for fact, text in list_map.defaults.items():
        filled = pl.lit(text, pl.String)
        closed = [source.unlisted() for source in sources if source.closed and fact == _TYPE]
        for unlisted in closed:
            filled = pl.when(unlisted.fill_null(value=False)).then(None).otherwise(filled)
        said.setdefault(fact, []).append(filled)
    facts = {fact: pl.coalesce(claims) for fact, claims in said.items()}
    for source in sources:
        if source.plain and len(said[source.column.fact]) == 1:
            facts[source.column.fact] = pl.col(source.column.name)  # keeps its type
    return facts | {fact: pl.lit(text, pl.String) for fact, text in list_map.constants.items()}


def _among(text: pl.Expr, words: Sequence[str]) -> pl.Expr:
    return text.is_in(pl.Series(words, dtype=pl.String).implode())


def _replaced(cell: pl.Expr, values: Mapping[str, str | None], other: pl.Expr) -> pl.Expr:
    """Return the value of each cell, `other` where it has none, null where the cell is blank."""
    if values:
        new = pl.Series([*values.values()], dtype=pl.String)
        other = cell.replace_strict([*values], new, default=other, return_dtype=pl.String)
    return pl.when(cell.is_not_null()).then(other)


def _times(cell: pl.Expr, factor: Decimal) -> pl.Expr:
    """Return numbers times `factor` as text, all else as it is.

    The product is exact: 11.6 inches are 294.64 mm, and a limit may lie there. Binary fractions
    would miss it, so they serve only for numbers that are too long for decimal ones.
    """
    whole = _DIGITS - max(0, factor.adjusted() + 1)
    places = _PLACES + min(0, int(factor.as_tuple().exponent))
    if whole < 0 or places < 0:
        return pl.coalesce(_nearly_times(cell, factor), cell)
    fits = cell.str.contains(rf"^[+-]?\d{{0,{whole}}}(\.\d{{0,{places}}})?$")
    short = pl.when(fits).then(cell).cast(pl.Decimal(38, _PLACES), strict=False)
    exact = (short * pl.lit(factor)).cast(pl.String).str.strip_chars_end("0")
    long = pl.when(~fits).then(cell)
    return pl.coalesce(exact.str.strip_chars_end("."), _nearly_times(long, factor), cell)


def _nearly_times(cell: pl.Expr, factor: Decimal) -> pl.Expr:
    return (cell.cast(pl.Float64, strict=False) * float(factor)).cast(pl.String)


def _as_text(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Return cells as people write them: 2 for 2.0, a day for its midnight, words with `;`."""
    if isinstance(dtype, pl.List):
        return value.cast(pl.List(pl.String)).list.join(";")
    text = value.cast(pl.String)
    if dtype.is_float():
        whole = value.cast(pl.Int64, strict=False)
        return pl.when(value == whole).then(whole.cast(pl.String)).otherwise(text)
    if dtype == pl.Datetime:
        midnight = value == value.dt.truncate("1d")
        return pl.when(midnight).then(value.dt.date().cast(pl.String)).otherwise(text)
    return text
