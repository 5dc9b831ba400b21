"""Escape text that a spreadsheet would run as a formula."""

from __future__ import annotations

import polars as pl
from polars import selectors as cs

_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
_NUMBER = r"^[+-]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)([eE][+-]?[0-9]+)?$"
_ANY_TEXT = cs.string()
_MAYBE_FORMULA = (
    (_ANY_TEXT < ".") | ((_ANY_TEXT >= "=") & (_ANY_TEXT < "A")) | (_ANY_TEXT >= "＋")
).any()
"""True for a column where a text may match _FORMULA: half the price, and nearly always false."""


def _formulas(text: pl.Series) -> pl.Series:
    return (text.str.contains(_FORMULA) & ~text.str.contains(_NUMBER)).fill_null(value=False)


def escape(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return `frame` with an apostrophe before each formula, and how many there are."""
    count = 0
    for flag in frame.select(_MAYBE_FORMULA):
        if flag[0]:
            text = frame.get_column(flag.name).alias(
                ""
            )  # a name like "^a.*$" is a pattern to polars
            found = _formulas(text)
            count += int(found.sum())
            frame = frame.with_columns(("'" + text).zip_with(found, text).alias(flag.name))
    return frame, count


def escaped_names(names: list[str]) -> tuple[list[str], int]:
    """Return a header with an apostrophe before each formula, names kept apart, and how many there are."""
    found = _formulas(pl.Series(names, dtype=pl.String))
    taken = set(names)
    header = []
    for name, is_formula in zip(names, found, strict=True):
        told = f"'{name}" if is_formula else name
        while is_formula and told in taken:
            told = f"'{told}"
        taken.add(told)
        header.append(told)
    return header, int(found.sum())


def holds_formulas(dtype: pl.DataType) -> bool:
    """Return whether words kept as categories may need an escape, or a blank for empty text."""
    if not isinstance(dtype, pl.Enum):
        return isinstance(dtype, pl.Categorical)
    return bool((_formulas(dtype.categories) | (dtype.categories == "")).any())
