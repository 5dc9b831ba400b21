"""Type the columns of a list.

Columns are cast as a whole where their text is plain; what that leaves is read cell by cell, each
different text once, so that both ways agree and nothing that was written becomes unknown without a
word.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import Any, NamedTuple

import polars as pl

from cncheck.load.cells import BLANKS, KEYS, LONGEST_TEXT, is_named, lacking, read_cell
from cncheck.load.values import LARGEST_COUNT, LARGEST_NUMBER
from cncheck.model import AT_LEAST, DONE, ROW_ERROR, SEPARATOR, Fact, Rules

_EARLIEST, _LATEST = date(1900, 1, 1), date(2199, 12, 31)
_PLAIN_DAYS = pl.date_range(date(1990, 1, 1), date(2059, 12, 31), eager=True)
_WRITTEN_DAYS = pl.Enum(_PLAIN_DAYS.dt.to_string("iso"))
_PLAIN_TEXT = r"^[0-9A-Za-z/._:-]*\d[0-9A-Za-z/._:-]*$"


class _Column(NamedTuple):
    """How one column is read."""

    fact: Fact
    dtype: Any
    plain: pl.Expr
    """The values of cells whose text is plain; null for all others."""
    allowed: Callable[[pl.Series], pl.Series]
    """Makes values null that the fact cannot have; looks at a whole column first, which is cheap."""
    may_be_done: bool
    look: Callable[[str], tuple[Any, str]]
    """What an odd cell states, or the error; remembers the last few thousand."""


def typed_frame(frame: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Return the facts that the rows of `frame` state, typed.

    Args:
        frame: columns named as facts, text or typed, with blanks as null or empty text; also
            `cncheck.error` (a row that could not be read) and `<fact>|at_least`. Other columns are
            left out.
        rules: the vocabulary that types the facts.

    Returns:
        a column for each fact of `frame`; `<fact>|done` for evidence that is said to be done
        without its value; `<fact>|at_least`; and `cncheck.error`, null where the row can be judged.

    """
    given = frame.collect_schema()
    columns = {  # in the order of the vocabulary: that of a list changes no message
        name: _column(fact, given[name], rules)
        for name, fact in rules.facts.items()
        if name in given and given[name] != pl.Null
    }
    passed = [
        n
        for n in given
        if n == ROW_ERROR or (n.removesuffix(AT_LEAST) in columns and n not in columns)
    ]
    schema: dict[str, Any] = {}
    for name, column in columns.items():
        schema[name] = column.dtype
        if column.may_be_done:
            schema[name + DONE] = pl.Boolean
    schema |= {name: pl.Boolean for name in passed if name != ROW_ERROR}
    schema[ROW_ERROR] = pl.String
    raw = {name: pl.col(name) for name in [*columns, *passed]}
    plain = {_VALUE + name: column.plain for name, column in columns.items()}
    read = partial(_read, columns=columns, schema=schema)
    return frame.select(**raw, **plain).map_batches(read, schema=schema, streamable=True)


_VALUE = "|value of "


def _read(
    batch: pl.DataFrame, *, columns: Mapping[str, _Column], schema: Mapping[str, Any]
) -> pl.DataFrame:
    """Read what a cast of whole columns left, and gather the errors of each row."""
    found: dict[str, pl.Series] = {}
    errors: list[pl.Series] = []
    unread = None
    if ROW_ERROR in batch.columns and batch[ROW_ERROR].null_count() < batch.height:
        unread = batch[ROW_ERROR]
        errors.append(unread)
    blank: list[pl.Series] = []
    for name, column in columns.items():
        value, raw = column.allowed(batch[_VALUE + name]), batch[name]
        done: pl.Series | None = None
        wrong: pl.Series | None = None
        if value.null_count() != raw.null_count():
            value, done, wrong = _mended(value, raw, column)
            if wrong is not None:
                errors.append(wrong)
        if name in KEYS and value.null_count():
            blank.append(_blank(name, value, wrong, unread))
        found[name] = value
        if column.may_be_done:
            found[name + DONE] = (
                pl.Series([None], dtype=pl.Boolean).new_from_index(0, batch.height)
                if done is None
                else done
            )
    lacking = (name for name in KEYS if name not in columns)
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, batch.height)
    errors += [*blank, *(_blank(name, nothing, None, unread) for name in lacking)]
    for name in schema:
        if name.endswith(AT_LEAST):
            found[name] = batch[name]
    found[ROW_ERROR] = _joined(errors, batch.height)
    return pl.DataFrame([found[name].alias(name) for name in schema])


def _blank(
    name: str, value: pl.Series, wrong: pl.Series | None, unread: pl.Series | None
) -> pl.Series:
    """Return what to say where a key says nothing, in rows that are told nothing of it yet."""
    silent = value.is_null()
    for told in (wrong, unread):
        if told is not None:
            silent &= told.is_null()
    message = pl.Series([lacking(name)]).new_from_index(0, len(value))
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(value))
    return message.zip_with(silent, nothing)


def _joined(errors: Sequence[pl.Series], height: int) -> pl.Series:
    if not errors:
        return pl.Series([None], dtype=pl.String).new_from_index(0, height)
    frame = pl.DataFrame([error.alias(str(i)) for i, error in enumerate(errors)])
    text = pl.concat_str(pl.all(), separator=" ", ignore_nulls=True)
    return frame.select(pl.when(text != "").then(text)).to_series()


def _mended(
    value: pl.Series, raw: pl.Series, column: _Column
) -> tuple[pl.Series, pl.Series | None, pl.Series | None]:
    """Read the cells that are not plain: return values, what is said to be done, and errors."""
    texts = raw.cast(pl.String)
    none_is_plain = value.null_count() == len(value)
    odd = (texts if none_is_plain else texts.filter(value.is_null())).drop_nulls().unique()
    values: dict[str, Any] = {}
    said: dict[str, bool] = {}
    wrong: dict[str, str] = {}
    for text in odd:
        cell, message = column.look(text)
        if message:
            wrong[text] = message
        elif isinstance(cell, bool) and column.may_be_done:
            said[text] = cell
        elif cell is not None:
            values[text] = SEPARATOR.join(cell) if isinstance(cell, tuple) else cell
    if values:
        read = _replaced(texts, values, column.dtype)
        value = read if none_is_plain else value.zip_with(value.is_not_null(), read)
    return (
        value,
        _replaced(texts, said, pl.Boolean) if said else None,
        _replaced(texts, wrong, pl.String) if wrong else None,
    )


def _replaced(texts: pl.Series, words: Mapping[str, Any], dtype: Any) -> pl.Series:
    places = texts.cast(pl.Enum(list(words)), strict=False).to_physical()
    return pl.Series(list(words.values()), dtype=dtype).gather(places)


# ---- casts ---------------------------------------------------------------------------------------


def _column(fact: Fact, dtype: pl.DataType, rules: Rules) -> _Column:
    raw = pl.col(fact.name)
    if isinstance(dtype, (pl.Categorical, pl.Enum)):
        raw, dtype = raw.cast(pl.String), pl.String()
    target, plain = _PLAIN[fact.kind](fact, raw, dtype, rules)
    allowed = partial(_ALLOWED.get(fact.kind, _any), fact)
    evidence = fact.name.startswith("evidence.") and fact.kind != "boolean"

    @lru_cache(maxsize=5_000)
    def look(text: str) -> tuple[Any, str]:
        try:
            return read_cell(fact, text, rules), ""
        except ValueError as error:
            return None, str(error)

    return _Column(fact, target, plain, allowed, evidence, look)


def _as_number(raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Float32:  # 0.1 is meant where 0.1 is shown
        raw, dtype = raw.cast(pl.String), pl.String()
    if dtype == pl.String or dtype.is_numeric():
        return raw.cast(pl.Float64, strict=False)
    return pl.lit(None, dtype=pl.Float64)


def _plain_number(
    _fact: Fact, raw: pl.Expr, dtype: pl.DataType, _rules: Rules
) -> tuple[Any, pl.Expr]:
    return pl.Float64, _as_number(raw, dtype)


def _plain_integer(
    fact: Fact, raw: pl.Expr, dtype: pl.DataType, rules: Rules
) -> tuple[Any, pl.Expr]:
    _, number = _plain_number(fact, raw, dtype, rules)
    least = -LARGEST_COUNT if fact.minimum is None else fact.minimum
    most = LARGEST_COUNT if fact.maximum is None else fact.maximum
    whole = pl.when((number == number.floor()) & number.is_between(least, most)).then(number)
    return pl.Int64, whole.cast(pl.Int64, strict=False)


def _plain_boolean(
    _fact: Fact, raw: pl.Expr, dtype: pl.DataType, _rules: Rules
) -> tuple[Any, pl.Expr]:
    if dtype == pl.String:
        code = raw.cast(pl.Enum(["false", "true"]), strict=False).to_physical()
        return pl.Boolean, code.cast(pl.Boolean)
    return pl.Boolean, raw if dtype == pl.Boolean else pl.lit(None, dtype=pl.Boolean)


def _plain_date(
    _fact: Fact, raw: pl.Expr, dtype: pl.DataType, _rules: Rules
) -> tuple[Any, pl.Expr]:
    day: pl.Expr
    if dtype == pl.String:  # to look the usual days up is half the work of reading them
        code = raw.cast(_WRITTEN_DAYS, strict=False).to_physical().cast(pl.Int32)
        return pl.Date, (code + _PLAIN_DAYS.to_physical()[0]).cast(pl.Date)
    if dtype == pl.Date:
        day = raw
    elif isinstance(dtype, pl.Datetime):
        day = pl.when(raw == raw.dt.truncate("1d")).then(raw.dt.date())
    else:
        day = pl.lit(None, dtype=pl.Date)
    return pl.Date, pl.when(day.is_between(_EARLIEST, _LATEST)).then(day)


def _plain_choice(
    fact: Fact, raw: pl.Expr, dtype: pl.DataType, rules: Rules
) -> tuple[Any, pl.Expr]:
    if not fact.values:
        return _plain_text(fact, raw, dtype, rules)
    return _one_of(fact.values, raw, dtype)


def _plain_type(_fact: Fact, raw: pl.Expr, dtype: pl.DataType, rules: Rules) -> tuple[Any, pl.Expr]:
    return _one_of([t.id for t in rules.vocabulary.types.values() if not t.group], raw, dtype)


def _one_of(words: Sequence[str], raw: pl.Expr, dtype: pl.DataType) -> tuple[Any, pl.Expr]:
    target = pl.Enum(words)
    return target, raw.cast(target, strict=False) if dtype == pl.String else pl.lit(None, target)


def text_of(raw: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Return a column as text; whole numbers without a point, whatever holds them."""
    if dtype == pl.String:
        return raw
    if dtype.is_float():
        whole = raw.cast(pl.Int64, strict=False)
        return pl.when(raw == whole).then(whole.cast(pl.String)).otherwise(raw.cast(pl.String))
    return raw.cast(pl.String)


def _plain_text(fact: Fact, raw: pl.Expr, dtype: pl.DataType, _rules: Rules) -> tuple[Any, pl.Expr]:
    text = text_of(raw, dtype)
    if is_named(fact):
        return pl.String, text
    plain = text.str.contains(_PLAIN_TEXT) & text.str.len_bytes().is_between(2, LONGEST_TEXT)
    return pl.String, pl.when(plain).then(text)


def _plain_words(
    _fact: Fact, _raw: pl.Expr, _dtype: pl.DataType, _rules: Rules
) -> tuple[Any, pl.Expr]:
    return pl.String, pl.lit(None, dtype=pl.String)  # few different ones: each is read once


def _any(_fact: Fact, values: pl.Series) -> pl.Series:
    return values


def _allowed_numbers(fact: Fact, values: pl.Series) -> pl.Series:
    least = -LARGEST_NUMBER if fact.minimum is None else fact.minimum
    most = LARGEST_NUMBER if fact.maximum is None else fact.maximum
    lowest, highest = values.min(), values.max()
    finite = math.isfinite(values.sum())  # neither infinity nor "nan", which is no number
    if lowest is None or (finite and least <= lowest and highest <= most):  # type: ignore[operator]
        return values
    number = pl.col("number")  # "nan" is above every limit
    table = pl.DataFrame({"number": values})
    return table.select(pl.when(number.is_between(least, most)).then(number)).to_series()


def _allowed_texts(fact: Fact, values: pl.Series) -> pl.Series:
    if not is_named(fact):
        return values
    if _may_be_blank(values) or _may_be_blank(values.str.slice(-1)):
        values = values.str.strip_chars()  # of the same BLANKS
    lengths = values.str.len_bytes()
    shortest, longest = lengths.min(), lengths.max()
    if shortest is None or (shortest > 0 and longest <= LONGEST_TEXT):  # type: ignore[operator]
        return values
    text = pl.col("text")
    fits = text.str.len_bytes().is_between(1, LONGEST_TEXT)
    return pl.DataFrame({"text": values}).select(pl.when(fits).then(text)).to_series()


def _may_be_blank(values: pl.Series) -> bool:
    """Return whether a text may begin with one of `BLANKS`; to strip them all takes far longer."""
    beyond_ascii = (values >= "\x80") & (values < _BEYOND_BLANKS)
    return bool(((values < "!") | beyond_ascii).any())


_BEYOND_BLANKS = chr(ord(max(BLANKS)) + 1)

_ALLOWED = {"text": _allowed_texts, "choice": _allowed_texts, "number": _allowed_numbers}

_PLAIN: dict[str, Callable[[Fact, pl.Expr, Any, Rules], tuple[Any, pl.Expr]]] = {
    "text": _plain_text,
    "number": _plain_number,
    "integer": _plain_integer,
    "boolean": _plain_boolean,
    "date": _plain_date,
    "choice": _plain_choice,
    "choices": _plain_words,
    "roles": _plain_words,
    "product_type": _plain_type,
}
