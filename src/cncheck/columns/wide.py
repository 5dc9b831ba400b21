"""What comes out of a list, a row for each of its rows: verdicts, duties and missing facts.

The same numbers that are put into words, counted, are the summary of the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

import polars as pl
from polars.io.plugins import register_io_source

from cncheck.columns.conditions import Columns, Types
from cncheck.columns.days import days_of
from cncheck.columns.logic import Logic, Mask
from cncheck.columns.long import SCHEMA as LONG_SCHEMA
from cncheck.columns.long import LongScheme, long_masks, long_rows, long_schemes
from cncheck.columns.members import COUNTED, counted_columns, counted_masks, counted_rows
from cncheck.columns.packs import (
    DutyColumns,
    MemberColumns,
    PackColumns,
    judged,
    members,
    unsettled,
)
from cncheck.columns.plan import Plan, planned, rows_of
from cncheck.columns.turns import Turn, falls_due, turns
from cncheck.columns.words import (
    VERDICT,
    Labels,
    Text,
    first_day,
    found,
    in_words,
    most_decisive_first,
    text,
    undetermined,
    verdict,
)
from cncheck.model import ROW_ERROR, Rules

KEYS = ("id", "name", "model", "enterprise", "product_type")
"""The columns of a list that come out again."""

ERROR = "error"
_NEXT = "next_change"
UNDETERMINED, UNSETTLED, FALLS_DUE = "|undetermined duties", "|unsettled schemes", "|falls due"
"""Texts that are counted and do not come out."""

Tally = Mapping[str, Mapping[Labels, int]]
"""Text column -> which labels are set together, and in how many rows."""


class Wanted(NamedTuple):
    """What is asked for besides verdicts and matched entries."""

    duties: bool = True
    """Also duties, missing facts, the next change and the duties of enterprises."""
    forces: frozenset[str] = frozenset({"mandatory"})
    """Duties of these forces count as violated or open."""
    undetermined: bool = False
    """Count what is undetermined among them, too."""
    due_by: date | None = None
    """Count what falls due until this day, too."""
    each_duty: bool = False
    """A row for each product, scheme and duty, too."""


_ROWS = 1 << 17  # in a batch: enough to make the steps cheap, few enough to keep memory small
EVERYTHING = Wanted()


class Sheet(NamedTuple):
    """A list, tested but not yet judged."""

    plan: Plan
    verdicts: Mapping[str, tuple[Mask, Mask]]
    """Pack -> where it applies, and where that is unknown."""
    texts: tuple[Text, ...]
    members: tuple[MemberColumns, ...]
    days: tuple[tuple[date | str, Mask], ...]
    """The days, or columns of days, on which the answer changes, and in which rows."""
    schemes: tuple[LongScheme, ...]
    """What a row for each duty is made of, where that is wanted."""
    schema: Mapping[str, Any]
    """What comes out, in this order."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the list that come out again."""
        return tuple(name for name in KEYS if name in self.schema)

    @property
    def long_schema(self) -> dict[str, Any]:
        """What comes out as a row for each duty."""
        return long_schema_of(self.schema)


class Answer(NamedTuple):
    """What a batch of a list gets."""

    frame: pl.DataFrame
    """The rows in words, as `Sheet.schema` has them."""
    tally: Tally
    members: tuple[pl.DataFrame, ...]
    """For each duty of an enterprise the rows that it counts, alike ones together."""
    duties: pl.DataFrame | None
    """A row for each product, scheme and duty, as `Sheet.long_schema` has them, where wanted."""


def sheet(
    facts: pl.LazyFrame, rules: Rules, as_of: date, wanted: Wanted = EVERYTHING, *,
    presume: bool = True,
) -> Sheet:  # fmt: skip
    """Return what `rules` ask of the rows of `facts`, which are typed.

    Args:
        facts: columns as `load.typed.typed_frame` gives them.
        rules: the packs to ask.
        as_of: the day the question is asked for.
        wanted: what is asked for besides the verdicts.
        presume: whether exceptions nobody stated are presumed not to hold.

    """
    given = facts.collect_schema()
    found = judged_packs(frozenset(given), rules, as_of, presume=presume)
    changes = {one.pack.id: list(turns(one)) if wanted.duties else [] for one in found}
    truths = {
        one.pack.id: (one.verdict.yes, one.columns.logic.unknown(one.verdict)) for one in found
    }
    texts = tuple(_texts(found, changes, wanted))
    counted = tuple(m for one in found for m in members(one)) if wanted.duties else ()
    days, moving = days_of(turn for group in changes.values() for turn in group)
    masks = [mask for pair in truths.values() for mask in pair]
    masks += [mask for one in texts for _, mask in one.labels] + [mask for _, mask in days]
    masks += counted_masks(counted)
    schemes: tuple[LongScheme, ...] = ()
    if wanted.each_duty:
        schemes, more = long_schemes(found, changes)
        masks += long_masks(schemes)
        moving |= more
    schema = schema_of(given, rules, wanted)
    keys = [name for name in KEYS if name in given]
    twins = {COUNTED + name: pl.col(name) for name in counted_columns(counted) if name in given}
    plan = planned(facts, masks, [*keys, ROW_ERROR], **moving, **twins)
    return Sheet(plan, truths, texts, counted, days, schemes, schema)


def schema_of(given: Mapping[str, Any], rules: Rules, wanted: Wanted) -> dict[str, Any]:
    """Return what comes out of a list with the columns `given`, a row for each of its rows."""
    schema: dict[str, Any] = {name: given[name] for name in KEYS if name in given}
    for pack in rules.packs:
        schema |= {pack.id: VERDICT, f"{pack.id}.matched": pl.String}
    if wanted.duties:
        schema |= dict.fromkeys(("violated", "open", "undetermined", "missing"), pl.String)
        schema[_NEXT] = pl.Date
    schema[ERROR] = pl.String
    return schema


def long_schema_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what comes out as a row for each duty, by what comes out as a row for each row."""
    keys = {name: schema[name] for name in KEYS if name in schema}
    return keys | dict(LONG_SCHEMA) | {ERROR: pl.String}


def judged_packs(
    stated: frozenset[str], rules: Rules, as_of: date, *, presume: bool
) -> list[PackColumns]:
    """Return what every pack says about rows that have the columns `stated`."""
    types = Types(rules.vocabulary.types.values())
    columns = Columns(Logic(), rules, types, stated, as_of, as_of, presume)
    return [judged(pack, columns) for pack in rules.packs]


def _texts(
    found: Sequence[PackColumns], changes: Mapping[str, Sequence[Turn]], wanted: Wanted
) -> Iterator[Text]:
    """Yield the text columns, and what is only counted."""
    for one in found:
        yield text(f"{one.pack.id}.matched", ((e.code, where) for e, where in one.matched))
    yield text("undetermined", (
        label for one in found for label in (
            ((one.pack.id, True), one.verdict.yes),
            ((one.pack.id, None), one.columns.logic.unknown(one.verdict)),
        )
    ), undetermined)  # fmt: skip
    if not wanted.duties:
        return
    yield text("missing", (
        ((fact, one.pack.id), where) for one in found for fact, where in one.missing.items()
    ), most_decisive_first)  # fmt: skip
    duties = [
        (duty, one, _counts(duty, one, wanted.forces)) for one in found for duty in one.duties
    ]
    names = {"violated": "violated", "open": "open"}
    if wanted.undetermined:
        names[UNDETERMINED] = "undetermined"
        yield text(UNSETTLED, ((one.pack.id, unsettled(one, wanted.forces)) for one in found))
    for name, status in names.items():
        yield text(name, (
            (duty.obligation.id, one.columns.logic.all_of([counts, duty.statuses[status]]))
            for duty, one, counts in duties
        ))  # fmt: skip
    if wanted.due_by:
        yield text(FALLS_DUE, (
            (duty.obligation.id, one.columns.logic.all_of(
                [counts, falls_due(duty, one, changes[one.pack.id], wanted.due_by)]))
            for duty, one, counts in duties
        ))  # fmt: skip


def _counts(duty: DutyColumns, pack: PackColumns, forces: frozenset[str]) -> Mask:
    """Return where the gate counts a duty: of its forces, of one product, of a scheme that applies."""
    if duty.obligation.portfolio is not None:
        return False
    logic = pack.columns.logic
    of_force = logic.any_of(where for force, where in duty.forces.items() if force in forces)
    return logic.all_of([of_force, pack.verdict.yes])


def answered(sheet: Sheet, batch: pl.DataFrame) -> Answer:
    """Return a batch of the plan of `sheet` judged and put into words."""
    batch = batch.rechunk()  # a thousand small steps over one piece instead of over many
    rows = rows_of(sheet.plan, batch)
    readable = batch[ROW_ERROR].is_null()
    said = {name: batch[name] for name in sheet.keys}
    for name, (applies, unknown) in sheet.verdicts.items():
        said[name] = verdict(rows(applies), rows(unknown), batch.height)
    days = [(batch[day] if isinstance(day, str) else day, rows(mask)) for day, mask in sheet.days]
    said[_NEXT] = first_day(days, batch.height)
    words, tally = in_words([found(one, rows, readable) for one in sheet.texts], readable)
    said |= words
    said[ERROR] = batch[ROW_ERROR]
    frame = pl.DataFrame([said[name].alias(name) for name in sheet.schema])
    answered_ = [name for name in sheet.schema if name not in (*KEYS, ERROR)]
    if answered_ and not readable.all():
        frame = frame.with_columns(pl.when(readable).then(pl.col(answered_)))
    counted = (counted_rows(member, batch, readable, rows) for member in sheet.members)
    duties = long_rows(sheet.schemes, batch, frame, rows, sheet.keys) if sheet.schemes else None
    return Answer(frame, tally, tuple(counted), duties)


def answers(sheet: Sheet) -> Iterator[Answer]:
    """Yield the answers to the rows of `sheet`, batch by batch in their order."""
    for batch in sheet.plan.frame.collect_batches(chunk_size=_ROWS, maintain_order=True):
        yield answered(sheet, batch)


def _narrowed(sheet: Sheet, names: frozenset[str]) -> Sheet:
    """Return what is asked if only these columns are looked at, and nothing is counted."""
    schema = {name: kind for name, kind in sheet.schema.items() if name in names}
    texts = tuple(one for one in sheet.texts if one.name in names)
    days = sheet.days if _NEXT in names else ()
    return sheet._replace(schema=schema, texts=texts, days=days, members=())


def lazily(
    facts: pl.LazyFrame, rules: Rules, as_of: date, wanted: Wanted = EVERYTHING, *,
    presume: bool = True,
) -> pl.LazyFrame:  # fmt: skip
    """Return the whole list in words, as a lazy frame that streams.

    What is asked is planned when the rows are, and without duties if nothing they say is looked at.
    The arguments are those of `sheet`.
    """
    schema = schema_of(facts.collect_schema(), rules, wanted)
    if wanted.each_duty:
        schema = long_schema_of(schema)
    packs = [pack.id for pack in rules.packs]
    light = {*KEYS, *packs, *(f"{pack}.matched" for pack in packs), ERROR}
    planned = cache(lambda duties: sheet(
        facts, rules, as_of, wanted._replace(duties=duties), presume=presume
    ))  # fmt: skip

    def rows(
        columns: list[str] | None, predicate: pl.Expr | None, most: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        names = frozenset(columns or schema)
        if predicate is not None:
            names |= set(predicate.meta.root_names())
        asked = planned(wanted.duties and (wanted.each_duty or not light.issuperset(names)))
        asked = asked if wanted.each_duty else _narrowed(asked, names)
        left = most
        for answer in answers(asked):
            frame = answer.frame if answer.duties is None else answer.duties
            if left is not None:
                frame, left = frame.head(left), left - min(left, frame.height)
            frame = frame.filter(predicate) if predicate is not None else frame
            yield frame.select(columns) if columns else frame
            if left == 0:
                return

    return register_io_source(rows, schema=schema)
