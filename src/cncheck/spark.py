"""Check lists that lie in Spark, where they lie: the same Polars code on every batch of rows.

The rules are read where the program runs and travel with the question as plain data, from which
every Python worker builds them: executors need no rule files, only the same cncheck.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import Any, NamedTuple

import polars as pl
from pyspark.sql import DataFrame, functions
from pyspark.sql import types as spark

from cncheck.columns.members import tallies
from cncheck.columns.wide import Answer, Sheet, Wanted, answered
from cncheck.commands.common import day
from cncheck.frames import sheet_of
from cncheck.gate import policy
from cncheck.load.lists.source import named
from cncheck.load.rules import built, select, written
from cncheck.model import PortfolioFinding, Rules
from cncheck.portfolio import portfolio_findings

_SPARK: dict[type[pl.DataType], spark.DataType] = {
    pl.String: spark.StringType(),
    pl.Enum: spark.StringType(),
    pl.Date: spark.DateType(),
    pl.Boolean: spark.BooleanType(),
    pl.Int64: spark.LongType(),
}
_ROWS = 50_000  # judged at a time: enough to make the steps cheap, few enough to keep memory small
_SHEETS = 4  # kept by a Python worker for its next tasks: to make one takes half a second
_DUTY, _PRODUCTS = "duty", "products"


def check_frame(
    df: DataFrame,
    *,
    as_of: date | str | None = None,
    rules: Sequence[str | os.PathLike[str]] = (),
    presume: bool = True,
    forces: Iterable[str] = (),
    long: bool = False,
    verdicts_only: bool = False,
) -> DataFrame:
    """Return what every rule pack says about each row of a Spark frame, as `cncheck.check_frame`.

    Args:
        df: facts as columns, text or typed; structures are read as dotted names, arrays of words as
            lists. Other columns are left out.
        as_of: the day the question is asked for, as a date or ISO text; without it, today.
        rules: folders of further packs, which have to be where this program runs, and only there.
        presume: whether exceptions nobody stated are presumed not to hold.
        forces: duties of these forces, besides mandatory ones, count as violated or open.
        long: give a row for each product, scheme and duty.
        verdicts_only: leave out duties, missing facts and the next change, which is faster.

    Returns:
        a lazy Spark frame of text and dates; the rows of a partition keep their order.

    Raises:
        cncheck.problems.InputError: the frame has no id or product type, or `as_of` is no day.
        cncheck.problems.PackError: a rule pack is invalid.

    """
    wanted = Wanted(not verdicts_only, policy((), forces).forces, each_duty=long)
    question = _Question(
        written([os.fspath(folder) for folder in rules]), day(as_of), wanted, presume
    )
    return _asked(df, question, _judged)[0]


def portfolio(
    df: DataFrame,
    *,
    as_of: date | str | None = None,
    rules: Sequence[str | os.PathLike[str]] = (),
    whole: bool = False,
    presume: bool = True,
) -> tuple[PortfolioFinding, ...]:
    """Return the state of every duty of an enterprise over the rows of a Spark frame.

    Args:
        df: as for `check_frame`.
        as_of: the day the question is asked for, as a date or ISO text; without it, today.
        rules: folders of further packs, which have to be where this program runs, and only there.
        whole: whether the rows are all the products of their enterprises.
        presume: whether exceptions nobody stated are presumed not to hold.

    Returns:
        the findings by duty and name of the enterprise. Spark adds up the products; this program
        gets a row for each model in scope.

    Raises:
        cncheck.problems.InputError: the frame has no id or product type, or `as_of` is no day.
        cncheck.problems.PackError: a rule pack is invalid.

    """
    question = _Question(
        written([os.fspath(folder) for folder in rules]), day(as_of), Wanted(), presume
    )
    counting = (p.id for p in question.rules.packs if any(d.portfolio for d in p.obligations))
    question = question._replace(only=tuple(counting))
    if not question.only:
        return ()
    rows, sheet = _asked(df, question, _counted)
    keys = [name for name in rows.columns if name != _PRODUCTS]
    sums = rows.groupBy(*keys).agg(functions.sum(_PRODUCTS).alias(_PRODUCTS))
    found = pl.DataFrame(sums.toArrow()).sort(keys)
    counted = (
        one
        for member in sheet.members
        for one in tallies(member, found.filter(pl.col(_DUTY) == member.duty.obligation.id))
    )
    return portfolio_findings(counted, whole=whole)


# ---- a question ----------------------------------------------------------------------------------


class _Question(NamedTuple):
    """What is asked of every row; plain data, for it goes to the executors."""

    written: Mapping[str, Any]
    """The rules."""
    as_of: date
    wanted: Wanted
    presume: bool
    only: tuple[str, ...] = ()
    """The packs that are asked; empty = all."""

    @property
    def rules(self) -> Rules:
        """The rules, built anew."""
        return select(built(self.written), self.only)


class _Engine:
    """Answers a question for one batch after another."""

    def __init__(self, question: _Question, schema: dict[str, pl.DataType]) -> None:
        self.empty = self._batch = pl.DataFrame(schema=schema)
        frame = pl.defer(lambda: self._batch, schema=schema)
        self.sheet: Sheet = sheet_of(
            frame, question.rules, question.as_of, wanted=question.wanted, presume=question.presume
        )

    def answer(self, batch: pl.DataFrame) -> Answer:
        self._batch = batch
        return answered(self.sheet, self.sheet.plan.frame.collect())


_Form = Callable[[_Engine, Answer], pl.DataFrame]
"""What of an answer comes out."""


def _judged(_engine: _Engine, answer: Answer) -> pl.DataFrame:
    frame = answer.frame if answer.duties is None else answer.duties
    return frame.with_columns(
        pl.col(name).cast(pl.String) for name, kind in frame.schema.items() if kind == pl.Enum
    )


def _counted(engine: _Engine, answer: Answer) -> pl.DataFrame:
    return pl.concat(
        counted.with_columns(
            pl.lit(member.duty.obligation.id).alias(_DUTY), pl.col(_PRODUCTS).cast(pl.Int64)
        )
        for member, counted in zip(engine.sheet.members, answer.members, strict=True)
    )


# ---- where the program runs ----------------------------------------------------------------------


def _asked(df: DataFrame, question: _Question, form: _Form) -> tuple[DataFrame, Sheet]:
    """Return what comes out of the rows of `df`, as a lazy frame.

    Its columns are known beforehand, from what comes out of no rows of the same columns.
    """
    names = named(df.columns, "", None)
    used = _of_facts(names, question.rules)
    # Numbered, for Spark knows `a.b` as a part of `a`, and no difference between `id` and `ID`.
    facts = df.toDF(*(f"c{i}" for i in range(len(names)))).select(*(f"c{i}" for i in used))
    none = df.sparkSession.createDataFrame([], facts.schema).toArrow()
    given = dict(zip((names[i] for i in used), pl.DataFrame(none).dtypes, strict=True))
    engine = _Engine(question, {name: given.get(name, pl.Null()) for name in names if name})
    out = form(engine, engine.answer(engine.empty))
    schema = spark.StructType(
        [spark.StructField(n, _SPARK[type(k)]) for n, k in out.schema.items()]
    )
    work = partial(_worked, tuple(given), pickle.dumps(question), form)
    return facts.mapInArrow(work, schema), engine.sheet


def _of_facts(names: Sequence[str], rules: Rules) -> list[int]:
    """Return the places of the columns that are facts, or structures that hold some."""
    known = {
        ".".join(parts[:n])
        for parts in (f.split(".") for f in rules.facts)
        for n in range(1, len(parts) + 1)
    }
    return [i for i, name in enumerate(names) if name in known]


# ---- where the rows are --------------------------------------------------------------------------


def _worked(
    names: Sequence[str], question: bytes, form: _Form, batches: Iterable[Any]
) -> Iterator[Any]:
    """Yield what comes out of Arrow batches whose columns are called `names`, as such batches."""
    for frame in _gathered(batches):
        frame.columns = names
        engine = _engine(question, tuple(frame.schema.items()))
        yield from form(engine, engine.answer(frame)).to_arrow().to_batches()


def _gathered(batches: Iterable[Any]) -> Iterator[pl.DataFrame]:
    """Yield the rows of several batches at a time: those of Spark are small, with 10,000 rows."""
    parts: list[pl.DataFrame] = []
    for batch in batches:
        parts.append(pl.DataFrame(batch))
        if sum(part.height for part in parts) >= _ROWS:
            yield pl.concat(parts)
            parts.clear()
    if parts:
        yield pl.concat(parts)


@lru_cache(maxsize=_SHEETS)
def _engine(question: bytes, schema: tuple[tuple[str, pl.DataType], ...]) -> _Engine:
    """Return the engine for batches of one schema: a Python worker keeps it for its next tasks."""
    return _Engine(pickle.loads(question), dict(schema))  # noqa: S301  what `_asked` wrote
