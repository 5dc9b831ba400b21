"""Put masks into words: packed into whole numbers, of which there are few different ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from cncheck.columns.logic import Column, Mask
from cncheck.columns.plan import Rows, constant
from cncheck.model import SEPARATOR, VERDICTS

VERDICT = pl.Enum([VERDICTS[truth] for truth in (False, True, None)])
_WORD = 60  # bits in a whole number
_BYTE = 8

Labels = tuple[Any, ...]


class Text(NamedTuple):
    """A text column: what may stand in it, in which rows, and how it is said."""

    name: str
    labels: tuple[tuple[Any, Mask], ...]
    say: Callable[[Sequence[Any]], str]


def text(
    name: str, labels: Iterable[tuple[Any, Mask]], say: Callable[[Sequence[Any]], str] | None = None
) -> Text:
    """Return the text column of this name; without `say`, its labels joined."""
    kept = tuple((label, mask) for label, mask in labels if mask is not False)
    return Text(name, kept, say or SEPARATOR.join)


def undetermined(labels: Sequence[tuple[str, bool | None]]) -> str:
    """Return the packs that are undetermined."""
    return SEPARATOR.join(pack for pack, truth in labels if truth is None)


def most_decisive_first(labels: Sequence[tuple[str, str]]) -> str:
    """Return the missing facts, first those that would settle most schemes."""
    counts = Counter(fact for fact, _ in labels)
    return SEPARATOR.join(fact for fact, _ in counts.most_common())


class Bank:
    """The masks of a batch, each once, as columns of one table: many answers cost one query."""

    def __init__(self, height: int) -> None:
        self._columns = {_HEIGHT: pl.Series([True]).new_from_index(0, height)}
        self._names: dict[int, str] = {}

    def column(self, found: Column) -> pl.Expr:
        """Return a mask, or a column of days, as an expression over the table."""
        if isinstance(found, bool):
            return pl.lit(found)
        name = self._names.get(id(found))
        if name is None:
            name = self._names[id(found)] = f"{len(self._names)}"
            self._columns[name] = found
        return pl.col(name)

    def select(self, columns: Mapping[str, pl.Expr]) -> pl.DataFrame:
        """Compute columns over the table."""
        table = pl.DataFrame(self._columns)
        return table.select(_HEIGHT, **columns).drop(_HEIGHT)


_HEIGHT = "|height"


def verdict(bank: Bank, applies: Column, unknown: Column) -> pl.Expr:
    """Return the verdict of each row."""
    codes = (bank.column(mask).cast(pl.UInt8) for mask in (applies, unknown))
    return (next(codes) + next(codes) * 2).cat.to(VERDICT)


def first_day(bank: Bank, days: Sequence[tuple[date | pl.Series, Column]]) -> pl.Expr:
    """Return for each row the first of `days` whose mask holds; null = none does."""
    candidates = [pl.lit(None, dtype=pl.Date)]
    for day, mask in days:
        if mask is not False:
            value = pl.lit(day) if isinstance(day, date) else bank.column(day)
            candidates.append(pl.when(bank.column(mask)).then(value))
    return pl.min_horizontal(candidates)


class Found(NamedTuple):
    """Which of the labels of a text column are set in all rows, and which in some."""

    text: Text
    always: tuple[int, ...]
    varying: tuple[tuple[int, ...], ...]
    """Labels that are set together, by the digit that tells so."""
    words: Mapping[str, pl.Expr]
    """Whole numbers with these digits."""


def found(bank: Bank, text: Text, rows: Rows) -> Found:
    """Return the text column of a batch as whole numbers, to be computed with `Bank.select`."""
    always: list[int] = []
    together: dict[int, tuple[Column, list[int]]] = {}
    for i, (_, of) in enumerate(text.labels):
        mask = rows(of)
        if mask is True:
            always.append(i)
        elif mask is not False:
            together.setdefault(id(mask), (mask, []))[1].append(i)
    masks = [bank.column(mask) for mask, _ in together.values()]
    varying = tuple(tuple(labels) for _, labels in together.values())
    return Found(text, tuple(always), varying, _packed(text.name, masks))


def in_words(
    texts: Sequence[Found], numbers: pl.DataFrame, readable: pl.Series
) -> tuple[dict[str, pl.Series], dict[str, Mapping[Labels, int]]]:
    """Return the text columns, and how often each set of labels occurs in the readable rows.

    Args:
        texts: what was found.
        numbers: their whole numbers, computed.
        readable: rows that are counted.

    """
    whole = numbers.lazy() if readable.all() else numbers.lazy().filter(readable)
    varying = [one for one in texts if one.words]
    groups = pl.collect_all([whole.group_by(*one.words).len("|rows") for one in varying])
    columns: dict[str, pl.Series] = {}
    tally: dict[str, Mapping[Labels, int]] = {}
    asked: dict[str, pl.Expr] = {}
    for one, group in zip(varying, groups, strict=True):
        sets = [_labels(one, row[:-1]) for row in group.iter_rows()]
        said = pl.Series(
            one.text.name, [one.text.say(labels) or None for labels in sets], pl.String
        )
        tally[one.text.name] = dict(zip(sets, group["|rows"], strict=True))
        keys = list(one.words)
        if len(keys) == 1:
            number = pl.col(keys[0])
            asked[one.text.name] = number.replace_strict(
                group[keys[0]], said, default=None, return_dtype=pl.String
            )
        else:
            table = group.select(keys).with_columns(said)
            joined = numbers.select(keys).join(table, on=keys, how="left", maintain_order="left")
            columns[one.text.name] = joined[one.text.name]
    columns |= numbers.select(**asked).to_dict() if asked else {}
    for one in texts:
        if not one.words:
            labels = _labels(one, ())
            tally[one.text.name] = {labels: int(readable.sum())}
            columns[one.text.name] = constant(
                one.text.say(labels) or None, len(readable), pl.String
            )
    return columns, tally


def _packed(name: str, masks: Sequence[pl.Expr]) -> dict[str, pl.Expr]:
    """Return whole numbers whose binary digits are `masks`, the first ones the lowest."""
    numbers = {}
    for start in range(0, len(masks), _WORD):
        parts = []
        for first in range(start, min(start + _WORD, len(masks)), _BYTE):
            last = min(first + _BYTE, start + _WORD, len(masks))
            digits = (
                masks[i].cast(pl.UInt8) * pl.lit(1 << (i - first), pl.UInt8)
                for i in range(first, last)
            )
            part = pl.sum_horizontal(digits).cast(pl.UInt64)
            parts.append(part * pl.lit(1 << (first - start), pl.UInt64))
        numbers[f"|{name} {start // _WORD}"] = pl.sum_horizontal(parts)
    return numbers


def _labels(one: Found, words: Sequence[int]) -> Labels:
    """Return the labels that are set where the whole numbers are `words`."""
    digits = (
        one.varying[at * _WORD + place]
        for at, word in enumerate(words)
        for place in range(word.bit_length())
        if word >> place & 1
    )
    places = sorted(i for group in ((one.always,), digits) for labels in group for i in labels)
    return tuple(one.text.labels[i][0] for i in places)
