"""Check what others hold in tables: Polars, eager and lazy, and whatever speaks Arrow."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from cncheck.columns.wide import Sheet, Wanted, lazily, sheet
from cncheck.load.lists.parquet import flattened
from cncheck.load.typed import typed_frame
from cncheck.model import Problem, Rules
from cncheck.problems import InputError


def checked(
    frame: Any, rules: Rules, as_of: date, wanted: Wanted, *, presume: bool = True
) -> pl.DataFrame | pl.LazyFrame:
    """Return the answers to the rows of `frame`; a lazy frame gives a lazy one.

    Args:
        frame: a Polars frame, or anything that exports an Arrow stream, such as a pandas or pyarrow
            table or a DuckDB relation, with facts as columns, text or typed; other columns are left
            out. Structs are read as dotted names, lists of words as lists.
        rules: the packs to ask.
        as_of: the day the question is asked for.
        wanted: what is asked for besides the verdicts.
        presume: whether exceptions nobody stated are presumed not to hold.

    Raises:
        InputError: `frame` is no table, or has no id or no product type.

    """
    found = lazily(facts_of(_as_lazy(frame), rules), rules, as_of, wanted, presume=presume)
    return found if isinstance(frame, pl.LazyFrame) else found.collect()


def sheet_of(
    frame: pl.LazyFrame, rules: Rules, as_of: date, *, wanted: Wanted, presume: bool
) -> Sheet:
    """Return what is asked of the rows of `frame`; raise what `facts_of` raises."""
    return sheet(facts_of(frame, rules), rules, as_of, wanted, presume=presume)


def facts_of(frame: pl.LazyFrame, rules: Rules) -> pl.LazyFrame:
    """Return the facts that the rows of `frame` state, typed.

    Raises:
        InputError: `frame` has no id or no product type.

    """
    flat = flattened(frame)
    names = flat.collect_schema().names()
    lacking = [key for key in ("id", "product_type") if key not in names]
    if lacking:
        first = ", ".join(names[:8])
        raise InputError(
            [
                Problem(f"The table has no column `{key}`. Rename one; it has: {first}.")
                for key in lacking
            ]
        )
    return typed_frame(flat, rules)


def _as_lazy(frame: Any) -> pl.LazyFrame:
    if isinstance(frame, pl.LazyFrame):
        return frame
    if isinstance(frame, pl.DataFrame):
        return frame.lazy()
    if hasattr(frame, "__arrow_c_stream__"):
        return pl.DataFrame(frame).lazy()
    message = f"A {type(frame).__name__} is no table: give a Polars, pandas or pyarrow one, or a DuckDB relation."
    raise InputError([Problem(message)])
