r"""Write the batches of a list to a file: by its ending, in order, all of it or nothing.

What the files are like:

- A run that is stopped leaves the old file or none. What a killed run (SIGKILL) leaves behind is
  hidden and named `.OUT.<random>.part`. Symbolic links stay: their target is replaced.
- CSV and TSV are UTF-8 without a byte order mark, with `\n` ends and blank cells for null and for
  empty text: programs read these. People with a spreadsheet write to .xlsx, which shows Chinese
  without being told how; some spreadsheets take CSV for the local encoding.
- JSONL tells every column in every row, null where there is nothing: readers that infer the columns
  from the first rows would lose a column that is first filled later. JSON has no NaN: it is null.
- Dates and times are ISO in every text form, and dates in .xlsx and .parquet.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import BinaryIO, NamedTuple

import polars as pl

from cncheck.load.yamlfile import shown_path
from cncheck.model import Problem
from cncheck.problems import InputError, one_line
from cncheck.save.forms import Batches, Schema, Unfit
from cncheck.save.place import reason, refused, replacing
from cncheck.save.sheet import write_xlsx
from cncheck.save.streams import write_csv, write_jsonl, write_parquet


class Saved(NamedTuple):
    """What was written."""

    rows: int
    escaped: int
    """Cells, headers among them, that a spreadsheet would have run as formulas."""


def check_target(path: str, sources: Iterable[str]) -> None:
    """Refuse, before any work, a file that could not be written at its end.

    Args:
        path: the file to write.
        sources: the files and folders that are read; "-" is passed over.

    Raises:
        InputError: the ending is not known; the folder is missing or may not be written to; the
            file is a folder, a device, write-protected or one of the inputs.

    """
    messages = [*refused(path, sources)]
    if _ending(path) not in _FORMS and not os.path.isdir(path):
        messages.insert(0, _unknown_ending(_ending(path)))
    problems = [Problem(message, shown_path(path)) for message in messages]
    if problems:
        raise InputError(problems)


def save(batches: Batches, schema: Schema, path: str, *, raw: bool = False) -> Saved:
    """Write `batches` to `path`, in order, by its ending, in bounded memory.

    Args:
        batches: tables of one schema; without any, a header or a schema is still written.
        schema: the names and types of their columns, in order.
        path: the file, replaced when all is written; untouched when anything goes wrong.
        raw: leave text in CSV and TSV as it is, though a spreadsheet would run it as a formula.

    Raises:
        InputError: the file cannot be written, or its form cannot hold the list.
        Exception: whatever `batches` raises, as itself.

    """
    ending = _ending(path)
    if ending not in _FORMS:
        raise InputError([Problem(_unknown_ending(ending), shown_path(path))])
    form = _FORMS[ending]
    rows = 0
    failure: BaseException | None = None

    def watched() -> Batches:
        nonlocal rows, failure
        try:
            for batch in batches:
                rows += batch.height
                yield batch
        except (Exception, KeyboardInterrupt, pl.exceptions.PanicException) as error:
            failure = error  # an engine between here and there may wrap it
            raise

    try:
        _check_types(schema, ending)
        with replacing(path) as file:
            escaped = form.write(watched(), schema, file, raw)
    except Unfit as error:
        message = f"{error} Write to {error.instead}. What stood here before is unchanged."
        raise InputError([Problem(one_line(message), shown_path(path))]) from None
    except (Exception, pl.exceptions.PanicException) as error:
        if failure is not None:
            raise failure from None
        why = reason(error)
        if why is None:
            raise
        message = f"Cannot write the list: {why}. What stood here before is unchanged."
        raise InputError([Problem(message, shown_path(path))]) from error
    return Saved(rows, escaped)


def _ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _unknown_ending(ending: str) -> str:
    *most, last = _FORMS
    known = f"{', '.join(most)} or {last}"
    what = f"Lists are not written as {one_line(ending)}" if ending else "The name has no ending"
    return f"{what}. Let it end in {known}."


def _check_types(schema: Schema, ending: str) -> None:
    cannot = _FORMS[ending].cannot
    for name, dtype in schema.items():
        if dtype.base_type() in cannot:
            raise Unfit(f"The column `{name}` holds {dtype}, which {ending} cannot.", ".parquet")


class _Form(NamedTuple):
    write: Callable[[Batches, Schema, BinaryIO, bool], int]
    """Batches, their schema, an open file, raw -> how many cells were escaped."""
    cannot: tuple[type[pl.DataType], ...]
    """Types of columns that this form cannot hold."""


_NO_TEXT = (pl.Binary, pl.Object)
_NO_CELL = (*_NO_TEXT, pl.List, pl.Array, pl.Struct)

_FORMS = {
    ".csv": _Form(partial(write_csv, separator=","), _NO_CELL),
    ".tsv": _Form(partial(write_csv, separator="\t"), _NO_CELL),
    ".parquet": _Form(write_parquet, (pl.Object,)),
    ".jsonl": _Form(write_jsonl, _NO_TEXT),
    ".xlsx": _Form(write_xlsx, _NO_CELL),
}
