"""What Python users call for tables: `cncheck.check_frame`; the day is resolved here."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import polars as pl

from cncheck.columns.wide import Wanted
from cncheck.commands.common import day
from cncheck.frames import checked
from cncheck.gate import policy
from cncheck.load.rules import load_rules


def check_table(
    frame: Any,
    *,
    as_of: date | str | None,
    rules: Sequence[str | os.PathLike[str]],
    presume: bool,
    forces: Iterable[str],
    long: bool,
    verdicts_only: bool,
) -> pl.DataFrame | pl.LazyFrame:
    """Return the answers to the rows of a table."""
    on = day(as_of)
    wanted = Wanted(not verdicts_only, policy((), forces).forces, each_duty=long)
    chosen = load_rules([os.fspath(folder) for folder in rules])
    return checked(frame, chosen, on, wanted, presume=presume)
