"""The days on which the answers of a list change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import polars as pl

from cncheck.columns.logic import Mask, Value
from cncheck.columns.turns import Turn


def days_of(
    changes: Iterable[Turn],
) -> tuple[tuple[tuple[date | str, Mask], ...], dict[str, pl.Expr]]:
    """Return the days, or columns of days, on which the answer of some row changes.

    Returns:
        each with the rows, the fixed days first; and the columns of days, which have to be computed.

    """
    fixed: list[tuple[date | str, Mask]] = []
    moving: list[tuple[date | str, Mask]] = []
    columns: dict[str, pl.Expr] = {}
    for turn in changes:
        if turn.where is False:
            continue
        if isinstance(turn.day, Value):
            name = f"|day {turn.day.key}"
            columns[name] = turn.day.column
            moving.append((name, turn.where))
        else:
            fixed.append((turn.day, turn.where))
    return (*fixed, *moving), columns
