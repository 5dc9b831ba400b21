"""How other systems write numbers and days, for a map to say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import polars as pl

_BLANK = "'’\u00a0\u202f "  # what groups digits anywhere
_MIDNIGHT = r"([T ]+0?0:00(:00(\.0+)?)?)?$"


class Form(NamedTuple):
    """A way of writing facts of some kinds."""

    kinds: frozenset[str]
    plain: Callable[[pl.Expr], pl.Expr]
    """Returns cells so written as cncheck reads them; null for all others."""


def _number(cell: pl.Expr, *, mark: str, groups: str) -> pl.Expr:
    separator = rf"[{_BLANK}{groups}]"
    whole = rf"^[+-]?(\d+|\d{{1,3}}({separator}\d{{3}})+)([{mark}]\d+)?$"
    plain = cell.str.replace_all(separator, "").str.replace(mark, ".", literal=True)
    return pl.when(cell.str.contains(whole)).then(plain)


def _day(cell: pl.Expr, *, pattern: str, order: str) -> pl.Expr:
    parts = cell.str.extract_groups(f"^{pattern}{_MIDNIGHT}")
    year, month, day = (parts.struct.field(str(order.index(part) + 1)) for part in "ymd")
    date = pl.concat_str(year, month.str.zfill(2), day.str.zfill(2), separator="-")
    return date.str.to_date("%Y-%m-%d", strict=False).cast(pl.String)


def _numbers(mark: str, groups: str) -> Form:
    return Form(frozenset(("number", "integer")), partial(_number, mark=mark, groups=groups))


def _days(name: str) -> Form:
    """Return the form that a name such as DD.MM.YYYY shows: the letters stand for digits."""
    order = "".join(sorted("ymd", key=lambda part: name.index(part.upper())))
    few = r"(\d\d)" if name.isascii() and name.isalpha() else r"(\d\d?)"
    pattern = name.replace(".", r"\.").replace("YYYY", r"(\d{4})")
    pattern = pattern.replace("MM", few).replace("DD", few)
    return Form(frozenset(("date",)), partial(_day, pattern=pattern, order=order))


_DAYS = ("DD.MM.YYYY", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "YYYY/MM/DD", "YYYY.MM.DD",
         "YYYYMMDD", "YYYY年MM月DD日")  # fmt: skip

FORMS: Mapping[str, Form] = {
    "decimal_comma": _numbers(",", "."),
    "decimal_point": _numbers(".", ","),
    **{name: _days(name) for name in _DAYS},
}
"""1.234,5 and 1,234.5, and days by the places of their parts."""
