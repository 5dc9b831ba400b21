"""Put masks into words: packed into whole numbers, of which there are few different ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from cncheck.columns.logic import Column, Mask
from cncheck.columns.plan import constant
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


def verdicts(applies: Column, unknown: Column, height: int) -> pl.Series:
    """Return the verdict of each row."""
    masks = {name: m for name, m in (("a", applies), ("u", unknown)) if isinstance(m, pl.Series)}
    code = pl.lit(applies is True, pl.UInt8) + pl.lit(unknown is True, pl.UInt8) * 2
    for name in masks:
        code += pl.col(name).cast(pl.UInt8) * (2 if name == "u" else 1)
    frame = pl.DataFrame(masks) if masks else pl.DataFrame({"a": [0]})
    column = frame.select(code.cat.to(VERDICT)).to_series()
    return column if masks else column.new_from_index(0, height)


def in_words(
    column: Text, labels: Sequence[tuple[Any, Column]], readable: pl.Series, height: int
) -> tuple[pl.Series, Mapping[Labels, int]]:
    """Return a text column, and how often each set of labels occurs in the readable rows."""
    always = [i for i, (_, mask) in enumerate(labels) if mask is True]
    together: dict[int, tuple[pl.Series, list[int]]] = {}
    for i, (_, mask) in enumerate(labels):
        if isinstance(mask, pl.Series):
            together.setdefault(id(mask), (mask, []))[1].append(i)
    varying = list(together.values())
    if not varying:
        one = tuple(labels[i][0] for i in always)
        return constant(column.say(one) or None, height, pl.String), {one: int(readable.sum())}
    packed = _packed([mask for mask, _ in varying])
    groups = packed.filter(readable).group_by(pl.all()).len("rows")
    sets = [
        tuple(labels[i][0] for i in sorted([*always, *_digits(varying, numbers)]))
        for numbers in groups.drop("rows").iter_rows()
    ]
    texts = pl.Series("text", [column.say(one) or None for one in sets], dtype=pl.String)
    counts = dict(zip(sets, groups["rows"], strict=True))
    keys = packed.columns
    if len(keys) == 1:
        numbers, number = groups[keys[0]], packed[keys[0]]
        return number.replace_strict(numbers, texts, default=None, return_dtype=pl.String), counts
    table = groups.select(keys).with_columns(texts)
    return packed.join(table, on=keys, how="left", maintain_order="left")["text"], counts


def _packed(masks: Sequence[pl.Series]) -> pl.DataFrame:
    """Return whole numbers whose binary digits are `masks`, the first ones the lowest."""
    frame = pl.DataFrame([mask.alias(f"{i}") for i, mask in enumerate(masks)])
    numbers = {}
    for start in range(0, len(masks), _WORD):
        parts = []
        for first in range(start, min(start + _WORD, len(masks)), _BYTE):
            last = min(first + _BYTE, start + _WORD, len(masks))
            digits = (
                pl.col(f"{i}").cast(pl.UInt8) * pl.lit(1 << (i - first), pl.UInt8)
                for i in range(first, last)
            )
            part = pl.sum_horizontal(digits).cast(pl.UInt64)
            parts.append(part * pl.lit(1 << (first - start), pl.UInt64))
        numbers[f"word {start}"] = pl.sum_horizontal(parts)
    return frame.select(**numbers)


def _digits(masks: Sequence[tuple[pl.Series, list[int]]], words: Sequence[int]) -> Iterator[int]:
    """Yield what stands behind the digits that are set in the whole numbers `words`."""
    for at, word in enumerate(words):
        for place in range(word.bit_length()):
            if word >> place & 1:
                yield from masks[at * _WORD + place][1]


def first_day(days: Sequence[tuple[date | pl.Series, Column]], height: int) -> pl.Series:
    """Return for each row the first of `days` whose mask holds; null = none does."""
    masks: dict[str, pl.Series] = {}
    candidates: list[pl.Expr] = []
    for i, (day, mask) in enumerate(days):
        if mask is False:
            continue
        value = pl.lit(day, dtype=pl.Date)
        if isinstance(day, pl.Series):
            masks[f"day {i}"] = day
            value = pl.col(f"day {i}")
        if isinstance(mask, pl.Series):
            masks[f"mask {i}"] = mask
            value = pl.when(pl.col(f"mask {i}")).then(value)
        candidates.append(value)
    if not candidates:
        return constant(None, height, pl.Date)
    frame = pl.DataFrame(masks) if masks else pl.DataFrame({"none": [0]})
    column = frame.select(pl.min_horizontal(candidates).alias("day")).to_series()
    return column if masks else column.new_from_index(0, height)
