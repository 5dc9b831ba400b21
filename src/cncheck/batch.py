"""Check lists: read them, evaluate them and count the answers, batch by batch, in bounded memory."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from cncheck.columns.members import tallies
from cncheck.columns.plan import again
from cncheck.columns.wide import ERROR, KEYS, Answer, Sheet, Wanted, answers, sheet
from cncheck.load.cells import read_row
from cncheck.load.lists import REFUSED, TextList
from cncheck.load.mapped import mapped
from cncheck.load.maps import ListMap
from cncheck.load.typed import text_of, typed_frame
from cncheck.model import AT_LEAST, BINDING, SEPARATOR, Problem, Product, Rules
from cncheck.portfolio import Tally
from cncheck.problems import InputError, nearest

_MOST_ERRORS = 10_000  # different messages that are counted apart
_COMPACT = 100_000  # rows of members that are put together at a time, at least
_MOST_IDS = 5  # duplicate ids that are named
_ID, _TYPE = "id", "product_type"


class RowError(NamedTuple):
    """A row that could not be read, the first one with its message."""

    file: str
    row: int
    """Counted from 1, without the header."""
    message: str


class Counts:
    """What a run has seen so far, for its summary; `add` is called for each batch in turn."""

    def __init__(self) -> None:
        self.rows = 0
        self.kept = 0
        """Rows that came out: all, or those that need attention."""
        self.errors: Counter[str] = Counter()
        """Messages of rows with an error, and how many rows have each."""
        self.first_errors: list[RowError] = []
        self.tally: dict[str, Counter[tuple[Any, ...]]] = {}
        """Text column -> which labels are set together, and in how many rows."""
        self.changes: Counter[date] = Counter()
        self._ids: list[pl.Series] = []
        self._members: dict[str, tuple[Any, list[pl.DataFrame]]] = {}

    def add(self, file: str, first: int, one: Sheet, answer: Answer) -> None:
        """Count a batch of `file` that begins with the row `first`."""
        frame = answer.frame
        self.rows += frame.height
        for name, counts in answer.tally.items():
            self.tally.setdefault(name, Counter()).update(counts)
        if frame[ERROR].null_count() < frame.height:
            self._add_errors(file, first, frame[ERROR])
        for day, rows in frame["next_change"].drop_nulls().value_counts().iter_rows():
            self.changes[day] += rows
        if _ID in frame.columns:
            self._ids.append(frame[_ID].drop_nulls().hash())
        for member, counted in zip(one.members, answer.members, strict=True):
            _, found = self._members.setdefault(member.duty.obligation.id, (member, []))
            found.append(counted)
            # What is together stands first: it is not put together again for every little more.
            if sum(part.height for part in found) > max(_COMPACT, 2 * found[0].height):
                found[:] = [_together(found)]

    def _add_errors(self, file: str, first: int, errors: pl.Series) -> None:
        table = pl.DataFrame({"error": errors}).with_row_index("row", first).drop_nulls()
        groups = table.group_by("error", maintain_order=True).agg(pl.col("row").first(), pl.len())
        for message, row, rows in groups.iter_rows():
            known = message in self.errors or len(self.errors) < _MOST_ERRORS
            if known and message not in self.errors:
                self.first_errors.append(RowError(file, row, message))
            self.errors[message if known else "..."] += rows

    @property
    def wrong(self) -> int:
        """How many rows have an error."""
        return self.errors.total()

    def tallies(self) -> Iterator[Tally]:
        """Yield what the rows are to the duties of their enterprises."""
        for member, found in self._members.values():
            yield from tallies(member, _together(found))

    def duplicates(self) -> pl.Series:
        """Return the hashes of the ids that occur more than once."""
        if not self._ids:
            return pl.Series([], dtype=pl.UInt64)
        hashes = pl.concat(self._ids).sort()  # 80 MB for ten million rows; a set takes thrice that
        return hashes.filter((hashes == hashes.shift()).fill_null(value=False)).unique()


def _together(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    table = pl.concat(parts)
    keys = [name for name in table.columns if name != "products"]
    return table.group_by(keys, maintain_order=True).agg(pl.col("products").sum())


class Job(NamedTuple):
    """Lists and what is asked of them."""

    sheets: tuple[tuple[TextList, Sheet], ...]
    schema: Mapping[str, Any]
    """What comes out."""
    ignored: tuple[str, ...]
    """Columns that are no fact."""
    forces: frozenset[str]
    """Duties of these forces need attention."""
    binding: tuple[str, ...]
    """Schemes that need attention where they are undetermined: those that may bind somebody."""
    refused: tuple[Problem, ...]
    """What is wrong with lists that are left out."""


def job(
    lists: Iterable[TextList], list_map: ListMap | None, rules: Rules, as_of: date, wanted: Wanted,
    *, presume: bool = True,
) -> Job:  # fmt: skip
    """Return what is asked of `lists`.

    Raises:
        InputError: no list can be used: they have no id or no product type, or not the columns of
            the map.

    """
    known: dict[tuple[tuple[str, str], ...], Sheet] = {}

    def planned(frame: pl.LazyFrame) -> Sheet:
        facts = typed_frame(frame, rules)
        stated = facts.collect_schema().items()
        key = tuple(sorted((name, str(dtype)) for name, dtype in stated))
        if key in known:  # to plan costs more than to check a short list
            return known[key]._replace(plan=again(known[key].plan, facts))
        known[key] = sheet(facts, rules, as_of, wanted, presume=presume)
        return known[key]

    sheets: list[tuple[TextList, Sheet]] = []
    problems: list[Problem] = []
    ignored: dict[str, None] = {}
    for one in lists:
        try:
            frame = facts_of(one, list_map)
        except InputError as error:
            problems.extend(error.problems)
            continue
        columns = frame.collect_schema().names()
        lacking = list(_lacking(one, columns, list_map))
        if lacking:
            problems += lacking
            continue
        ignored |= dict.fromkeys(_no_facts(one.columns, list_map, rules))
        sheets.append((one, planned(frame)))
    if not sheets:
        raise InputError(problems)
    schema: dict[str, Any] = {}
    for _, one_sheet in sheets:
        given = one_sheet.long_schema if wanted.each_duty else one_sheet.schema
        schema = {name: given[name] for name in KEYS if name in given} | schema | dict(given)
    keys = [name for name in KEYS if name in schema]
    schema = {name: schema[name] for name in (*keys, *(n for n in schema if n not in KEYS))}
    forces = {*BINDING, *wanted.forces}
    binding = tuple(p.id for p in rules.packs if any(phase.force in forces for phase in p.phases))
    return Job(
        tuple(sheets), schema, tuple(ignored), wanted.forces, binding, tuple(problems)
    )  # fmt: skip


def facts_of(one: TextList, list_map: ListMap | None) -> pl.LazyFrame:
    """Return a list with facts as columns, not yet typed."""
    return mapped(one.frame, one.columns, list_map) if list_map else one.frame


def _lacking(one: TextList, columns: Sequence[str], list_map: ListMap | None) -> Iterator[Problem]:
    for key in (_ID, _TYPE):
        if key in columns:
            continue
        near = [n for n in nearest(key, one.columns) if not (list_map and n in columns)]
        hint = f" Is {' or '.join(near)} meant?" if near else ""
        mend = (
            f"Add it to the map {list_map.file}." if list_map
            else f"Rename a column, or write a map: `cncheck map {one.file} > map.yaml`, then --map map.yaml."
        )  # fmt: skip
        first = ", ".join(one.columns[:8]) + (" and more" if len(one.columns) > 8 else "")  # noqa: PLR2004
        message = f"No column is called `{key}`.{hint} {mend} The columns are: {first}."
        yield Problem(message, one.file, 1)


def _no_facts(columns: Iterable[str], list_map: ListMap | None, rules: Rules) -> list[str]:
    used = {column.name for column in list_map.columns} if list_map else set()
    return [
        name
        for name in columns
        if name not in rules.facts and name not in used and not name.endswith(AT_LEAST)
    ]


def batches(
    one: Job, counts: Counts, *, attention: bool = False, seen: Callable[[int], None] | None = None
) -> Iterator[pl.DataFrame]:
    """Yield the answers to `one` in the order of its rows, and count them.

    Args:
        one: what is asked.
        counts: is added to with each batch.
        attention: leave out rows that have no error, nothing violated, open or undetermined.
        seen: is told how many rows were read, after each batch.

    """
    for text_list, one_sheet in one.sheets:
        first, stamp = 1, _stamp(text_list)
        for answer in _to_the_end(text_list, one_sheet, stamp):
            counts.add(text_list.file, first, one_sheet, answer)
            first += answer.frame.height
            if seen:
                seen(answer.frame.height)
            frame = answer.frame if answer.duties is None else answer.duties
            if attention:
                frame = frame.filter(_needs_attention(frame, one))
            missing = [
                pl.lit(None, kind).alias(n)
                for n, kind in one.schema.items()
                if n not in frame.columns
            ]
            counts.kept += frame.height
            yield frame.with_columns(missing).select(list(one.schema))


def _to_the_end(text_list: TextList, one: Sheet, stamp: object) -> Iterator[Answer]:
    """Yield the answers to a list that stays as it is while it is read."""
    try:
        yield from answers(one)
    except (OSError, *REFUSED) as error:
        reason = (str(error).splitlines() or ["it ends early"])[0]
        raise InputError(
            [Problem(f"Cannot read the list to its end: {reason}.", text_list.file)]
        ) from None
    if _stamp(text_list) != stamp:
        message = "The list changed while it was read. Run again when it is complete."
        raise InputError([Problem(message, text_list.file)])


def _stamp(text_list: TextList) -> object:
    """Return what changes when the file of a list does; None where it is no file."""
    with suppress(OSError):
        status = os.stat(text_list.file)
        return status.st_size, status.st_mtime_ns
    return None


def _needs_attention(frame: pl.DataFrame, one: Job) -> pl.Expr:
    if "obligation" in frame.columns:
        asked = pl.col("status").is_in(["violated", "open", "undetermined"])
        asked &= pl.col("force").is_in(list(one.forces))
        unsettled = (pl.col("verdict") == "undetermined") & pl.col("scheme").is_in(one.binding)
        return pl.col(ERROR).is_not_null() | asked | unsettled
    schemes = pl.concat_str(pl.lit(SEPARATOR), "undetermined", pl.lit(SEPARATOR))
    words = [f"{SEPARATOR}{scheme}{SEPARATOR}" for scheme in one.binding]
    unsettled = schemes.str.contains_any(words).fill_null(value=False)
    return unsettled | pl.any_horizontal(
        pl.col(name).is_not_null() for name in ("violated", "open", ERROR)
    )


def duplicate_ids(one: Job, hashes: pl.Series) -> list[str]:
    """Return the first few ids whose hashes are given."""
    found: list[str] = []
    for _, one_sheet in one.sheets if len(hashes) else ():
        if _ID in one_sheet.keys and len(found) < _MOST_IDS:
            ids = one_sheet.plan.frame.select(_ID)
            wanted = ids.filter(pl.col(_ID).hash().is_in(hashes.implode()))
            found += wanted.unique(maintain_order=True).head(_MOST_IDS).collect()[_ID].to_list()
    return found[:_MOST_IDS]


def row_by_id(
    lists: Iterable[TextList], list_map: ListMap | None, id_: str, rules: Rules
) -> tuple[Product | None, list[Problem], bool]:
    """Return the product of the first row with an id, what is wrong with it, and if there are more.

    Raises:
        InputError: no row has this id.

    """
    for one in lists:
        frame = facts_of(one, list_map)
        schema = frame.collect_schema()
        if _ID not in schema:
            continue
        same = text_of(pl.col(_ID), schema[_ID]).str.strip_chars() == id_.strip()
        found = frame.filter(same).head(2).collect()
        if found.height:
            product, wrong = read_row(found.row(0, named=True), rules, one.file)
            return product, [Problem(message, one.file) for message in wrong], found.height > 1
    files = ", ".join(one.file for one in lists)
    raise InputError(
        [Problem(f'No row has the id "{id_}". Ids are compared as they stand.', files)]
    )
