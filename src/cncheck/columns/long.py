"""What comes out of a list, a row for each product, scheme and duty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from cncheck.columns.days import days_of
from cncheck.columns.logic import Mask, Value
from cncheck.columns.packs import DutyColumns, PackColumns
from cncheck.columns.plan import Rows, constant, series
from cncheck.columns.turns import Turn
from cncheck.columns.words import Text, first_day, found, in_words, text

_ROW, _ORDER = "|row", "|order"

SCHEMA: Mapping[str, Any] = {
    "scheme": pl.String, "verdict": pl.String, "phase": pl.String, "matched": pl.String,
    "obligation": pl.String, "status": pl.String, "force": pl.String, "from": pl.Date,
    "until": pl.Date, "due": pl.Date, "missing": pl.String, "next_change": pl.Date,
}  # fmt: skip
"""What comes out between the key columns and the error.

`missing` names what would settle the duty, or, in the row of a scheme without duties, the scheme.
"""


class LongDuty(NamedTuple):
    """A duty, as a row of its own."""

    duty: DutyColumns
    missing: Text
    due: tuple[tuple[date | str, Mask], ...]
    """The deadline: a day or a column of days, and in which rows."""


class LongScheme(NamedTuple):
    """A scheme, with a row for each duty."""

    pack: str
    phases: tuple[tuple[str, Mask], ...]
    missing: Text
    days: tuple[tuple[date | str, Mask], ...]
    duties: tuple[LongDuty, ...]


def long_schemes(
    found: Sequence[PackColumns], changes: Mapping[str, Sequence[Turn]]
) -> tuple[tuple[LongScheme, ...], dict[str, pl.Expr]]:
    """Return the schemes with their duties, and the columns that have to be computed for them."""
    columns: dict[str, pl.Expr] = {}
    schemes: list[LongScheme] = []
    for one in found:
        days, moving = days_of(changes[one.pack.id])
        columns |= moving
        duties: list[LongDuty] = []
        for duty in one.duties:
            due: tuple[tuple[date | str, Mask], ...] = ()
            if isinstance(duty.due, Value):
                due = ((f"|due {duty.obligation.id}", True),)
                columns[f"|due {duty.obligation.id}"] = duty.due.column
            elif isinstance(duty.due, date):
                due = ((duty.due, True),)
            elif duty.due is not None:
                due = tuple((choice.value, choice.where) for choice in duty.due)
            duties.append(LongDuty(duty, text("missing", duty.missing.items()), due))
        phases = zip((phase.id for phase in one.pack.phases), one.phases, strict=True)
        missing = text("missing", one.missing.items())
        schemes.append(LongScheme(one.pack.id, tuple(phases), missing, days, tuple(duties)))
    return tuple(schemes), columns


def long_masks(schemes: Sequence[LongScheme]) -> Iterator[Mask]:
    """Yield all masks that `long_rows` looks up."""
    for scheme in schemes:
        yield from (mask for _, mask in (*scheme.phases, *scheme.missing.labels, *scheme.days))
        for one in scheme.duties:
            yield from one.duty.statuses.values()
            yield from one.duty.forces.values()
            yield from (mask for _, mask in (*one.missing.labels, *one.due))


def long_rows(
    schemes: Sequence[LongScheme], batch: pl.DataFrame, wide: pl.DataFrame, rows: Rows,
    keys: Sequence[str],
) -> pl.DataFrame:  # fmt: skip
    """Return a row for each row of `batch`, scheme and duty; a row with an error stays one.

    Args:
        schemes: what was asked.
        batch: a batch of the plan.
        wide: the same rows, in words.
        rows: looks up the masks of the batch.
        keys: the columns of `wide` that are repeated.

    """
    readable = wide["error"].is_null()
    heads = wide.select(*keys, "error").with_row_index(_ROW)
    parts = [heads.filter(~readable).with_columns(pl.lit(0).alias(_ORDER))]
    order = 0
    for scheme in schemes:
        head = heads.with_columns(**_of_the_scheme(scheme, batch, wide, rows, readable))
        alone = readable
        for one in scheme.duties:
            order += 1
            columns, listed = _of_the_duty(one, batch, rows, readable)
            alone = alone & ~listed
            found = head.with_columns(**columns, **{_ORDER: pl.lit(order)})
            parts.append(found.filter(listed))
        order += 1
        parts.append(head.with_columns(pl.lit(order).alias(_ORDER)).filter(alone))
    table = pl.concat(parts, how="diagonal").sort(_ROW, _ORDER)
    none = {
        name: pl.lit(None, dtype=kind) for name, kind in SCHEMA.items() if name not in table.columns
    }
    return table.with_columns(**none).select(*keys, *SCHEMA, "error")


def _of_the_scheme(
    scheme: LongScheme, batch: pl.DataFrame, wide: pl.DataFrame, rows: Rows, readable: pl.Series
) -> dict[str, pl.Series]:
    return {
        "scheme": constant(scheme.pack, batch.height),
        "verdict": wide[scheme.pack].cast(pl.String),
        "matched": wide[f"{scheme.pack}.matched"],
        "phase": _named(scheme.phases, rows, batch.height),
        "missing": _missing(scheme.missing, rows, readable),
        "next_change": _day(scheme.days, batch, rows),
    }


def _of_the_duty(
    one: LongDuty, batch: pl.DataFrame, rows: Rows, readable: pl.Series
) -> tuple[dict[str, pl.Series], pl.Series]:
    """Return the columns of a duty, and the rows in which it is listed."""
    obligation, height = one.duty.obligation, batch.height
    status = _named(tuple(one.duty.statuses.items()), rows, height)
    return {
        "obligation": constant(obligation.id, height),
        "status": status,
        "force": _named(tuple(one.duty.forces.items()), rows, height),
        "from": constant(obligation.window.start, height, pl.Date),
        "until": constant(obligation.window.end, height, pl.Date),
        "due": _day(one.due, batch, rows),
        "missing": _missing(one.missing, rows, readable),
    }, status.is_not_null() & readable


def _day(days: Sequence[tuple[date | str, Mask]], batch: pl.DataFrame, rows: Rows) -> pl.Series:
    asked = [(batch[day] if isinstance(day, str) else day, rows(mask)) for day, mask in days]
    return first_day(asked, batch.height)


def _missing(column: Text, rows: Rows, readable: pl.Series) -> pl.Series:
    return in_words([found(column, rows, readable)], readable)[0][column.name]


def _named(names: Sequence[tuple[str, Mask]], rows: Rows, height: int) -> pl.Series:
    """Return the name whose mask holds; null where none does."""
    found = constant(None, height, pl.String)
    for name, mask in names:
        if (where := rows(mask)) is not False:
            found = constant(name, height).zip_with(series(where, height), found)
    return found
