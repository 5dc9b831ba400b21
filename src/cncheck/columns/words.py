"""Put masks into words: packed into whole numbers, of which there are few different ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import add, or_
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


def verdict(applies: Column, unknown: Column, height: int) -> pl.Series:
    """Return the verdict of each row."""
    found = constant(VERDICTS[False], height, VERDICT)
    for truth, mask in ((True, applies), (None, unknown)):
        found = _where(mask, pl.Series([VERDICTS[truth]], dtype=VERDICT), found)
    return found


def first_day(days: Sequence[tuple[date | pl.Series, Column]], height: int) -> pl.Series:
    """Return for each row the first of `days` whose mask holds; null = none does."""
    found = constant(None, height, pl.Date)
    fixed = [(day, mask) for day, mask in days if isinstance(day, date)]
    for one, mask in sorted(fixed, key=lambda pair: pair[0], reverse=True):
        found = _where(mask, pl.Series([one]), found)
    for day, mask in days:
        if isinstance(day, pl.Series) and mask is not False:
            sooner = (day < found).fill_null(value=False) | (found.is_null() & day.is_not_null())
            found = day.zip_with(sooner if mask is True else sooner & mask, found)
    return found


def _where(mask: Column, value: pl.Series, otherwise: pl.Series) -> pl.Series:
    """Return the only `value` in the rows of `mask`. Nothing else tells rows apart as fast."""
    if isinstance(mask, pl.Series):
        return value.zip_with(mask, otherwise)
    return value.new_from_index(0, len(otherwise)) if mask else otherwise


class Found(NamedTuple):
    """Which of the labels of a text column are set in all rows, and which in some."""

    text: Text
    always: tuple[int, ...]
    varying: tuple[tuple[int, ...], ...]
    """Labels that are set together."""
    numbers: tuple[pl.Series, ...]
    """For each row which of `varying` are set."""
    rows: tuple[int, ...] | None
    """Where no row has two of them: how many rows have none, how many have the first, and so on.

    There is one number then, the place in this tuple. Else a binary digit tells of each.
    """


def found(text: Text, rows: Rows, readable: pl.Series) -> Found:
    """Return the text column of a batch as whole numbers; rows that are not readable have no label."""
    always: list[int] = []
    together: dict[int, tuple[Column, list[int]]] = {}
    for i, (_, of) in enumerate(text.labels):
        mask = rows(of)
        if mask is True:
            always.append(i)
        elif mask is not False:
            together.setdefault(id(mask), (mask, []))[1].append(i)
    masks = [mask for mask, _ in together.values() if isinstance(mask, pl.Series)]
    if not readable.all():
        masks = [mask & readable for mask in masks]
    counts = [int(mask.sum()) for mask in masks]
    some = int(reduce(or_, masks).sum()) if masks else 0
    if sum(counts) == some and len(masks) < 1 << _BYTE:
        numbers: Iterable[pl.Series] = (_numbered(masks, len(readable)),)
        of_each = (int(readable.sum()) - some, *counts)
    else:
        numbers, of_each = _packed(text.name, masks), None
    varying = tuple(tuple(labels) for _, labels in together.values())
    return Found(text, tuple(always), varying, tuple(numbers), of_each)


def in_words(
    texts: Sequence[Found], readable: pl.Series
) -> tuple[dict[str, pl.Series], dict[str, Mapping[Labels, int]]]:
    """Return the text columns, and how often each set of labels occurs in the readable rows.

    Args:
        texts: what was found.
        readable: rows that are counted.

    """
    columns: dict[str, pl.Series] = {}
    tally: dict[str, Mapping[Labels, int]] = {}
    for one in texts:
        if one.rows is not None:  # to look a place up takes a fraction of finding equal numbers
            sets = [_labels(one, ()), *(_labels(one, labels) for labels in one.varying)]
            tally[one.text.name] = {s: n for s, n in zip(sets, one.rows, strict=True) if n}
            columns[one.text.name] = _said(one, sets).gather(one.numbers[0])
    packed = [one for one in texts if one.rows is None]
    numbers = pl.DataFrame([number for one in packed for number in one.numbers])
    whole = numbers.lazy() if readable.all() else numbers.lazy().filter(readable)
    groups = pl.collect_all([whole.group_by(_keys(one)).len("|rows") for one in packed])
    for one, group in zip(packed, groups, strict=True):
        sets = [_labels(one, _digits(one, row[:-1])) for row in group.iter_rows()]
        tally[one.text.name] = dict(zip(sets, group["|rows"], strict=True))
        columns[one.text.name] = _each(numbers.select(_keys(one)), group, _said(one, sets))
    return columns, tally


def _each(numbers: pl.DataFrame, group: pl.DataFrame, said: pl.Series) -> pl.Series:
    """Return of `said`, what each row of `group` says, what each row of `numbers` does."""
    if numbers.width == 1:
        name = numbers.columns[0]
        return numbers[name].replace_strict(group[name], said, default=None, return_dtype=pl.String)
    table = group.select(numbers.columns).with_columns(said.alias("said"))
    return numbers.join(table, on=numbers.columns, how="left", maintain_order="left")["said"]


def _said(one: Found, sets: Iterable[Labels]) -> pl.Series:
    return pl.Series([one.text.say(labels) or None for labels in sets], dtype=pl.String)


def _keys(one: Found) -> list[str]:
    return [number.name for number in one.numbers]


def _packed(name: str, masks: Sequence[pl.Series]) -> Iterator[pl.Series]:
    """Yield whole numbers whose binary digits are `masks`, the first ones the lowest."""
    for start in range(0, len(masks), _WORD):
        word = masks[start : start + _WORD]
        numbers = [
            _sum(word[first : first + _BYTE], [1 << i for i in range(_BYTE)]).cast(pl.UInt64)
            * (1 << first)
            for first in range(0, len(word), _BYTE)
        ]
        yield reduce(add, numbers).alias(f"|{name} {start // _WORD}")


def _numbered(masks: Sequence[pl.Series], height: int) -> pl.Series:
    """Return for each row the place, from 1, of the only one of `masks` that it is in; 0 = in none."""
    if not masks:
        return constant(0, height, pl.UInt8)
    return _sum(masks, range(1, len(masks) + 1))


def _sum(masks: Sequence[pl.Series], values: Iterable[int]) -> pl.Series:
    """Return for each row the sum of the values whose masks it is in, at most 255."""
    nothing = pl.Series([0], dtype=pl.UInt8)
    return reduce(add, (
        pl.Series([value], dtype=pl.UInt8).zip_with(mask, nothing)
        for mask, value in zip(masks, values, strict=False)
    ))  # fmt: skip


def _digits(one: Found, words: Sequence[int]) -> Iterator[int]:
    """Yield the labels whose binary digits are set."""
    for at, word in enumerate(words):
        for place in range(word.bit_length()):
            if word >> place & 1:
                yield from one.varying[at * _WORD + place]


def _labels(one: Found, varying: Iterable[int]) -> Labels:
    """Return the labels that are always set and these, in their order."""
    return tuple(one.text.labels[i][0] for i in sorted((*one.always, *varying)))
