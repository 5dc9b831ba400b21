"""Put masks into words: packed into whole numbers, of which there are few different ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import add
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
    """Labels that are set together, by the digit that tells so."""
    words: tuple[pl.Series, ...]
    """Whole numbers with these digits."""


def found(text: Text, rows: Rows) -> Found:
    """Return the text column of a batch as whole numbers."""
    always: list[int] = []
    together: dict[int, tuple[Column, list[int]]] = {}
    for i, (_, of) in enumerate(text.labels):
        mask = rows(of)
        if mask is True:
            always.append(i)
        elif mask is not False:
            together.setdefault(id(mask), (mask, []))[1].append(i)
    masks = [mask for mask, _ in together.values() if isinstance(mask, pl.Series)]
    varying = tuple(tuple(labels) for _, labels in together.values())
    return Found(text, tuple(always), varying, tuple(_packed(text.name, masks)))


def in_words(
    texts: Sequence[Found], readable: pl.Series
) -> tuple[dict[str, pl.Series], dict[str, Mapping[Labels, int]]]:
    """Return the text columns, and how often each set of labels occurs in the readable rows.

    Args:
        texts: what was found.
        readable: rows that are counted.

    """
    varying = [one for one in texts if one.words]
    numbers = pl.DataFrame([word for one in varying for word in one.words])
    whole = numbers.lazy() if readable.all() else numbers.lazy().filter(readable)
    groups = pl.collect_all([whole.group_by(_keys(one)).len("|rows") for one in varying])
    columns: dict[str, pl.Series] = {}
    tally: dict[str, Mapping[Labels, int]] = {}
    asked: dict[str, pl.Expr] = {}
    for one, group in zip(varying, groups, strict=True):
        sets = [_labels(one, row[:-1]) for row in group.iter_rows()]
        said = pl.Series(
            one.text.name, [one.text.say(labels) or None for labels in sets], pl.String
        )
        tally[one.text.name] = dict(zip(sets, group["|rows"], strict=True))
        keys = _keys(one)
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


def _keys(one: Found) -> list[str]:
    return [word.name for word in one.words]


def _packed(name: str, masks: Sequence[pl.Series]) -> Iterator[pl.Series]:
    """Yield whole numbers whose binary digits are `masks`, the first ones the lowest."""
    for start in range(0, len(masks), _WORD):
        word = masks[start : start + _WORD]
        numbers = [
            _byte(word[first : first + _BYTE]).cast(pl.UInt64) * (1 << first)
            for first in range(0, len(word), _BYTE)
        ]
        yield reduce(add, numbers).alias(f"|{name} {start // _WORD}")


def _byte(masks: Sequence[pl.Series]) -> pl.Series:
    digits = (pl.Series([1 << place], dtype=pl.UInt8) for place in range(len(masks)))
    nothing = pl.Series([0], dtype=pl.UInt8)
    return reduce(add, (digit.zip_with(m, nothing) for digit, m in zip(digits, masks, strict=True)))


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
