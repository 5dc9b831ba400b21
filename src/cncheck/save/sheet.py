"""Write .xlsx row by row, in bounded memory."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from typing import Any, BinaryIO

import polars as pl
import xlsxwriter  # type: ignore[import-untyped]
from xlsxwriter.exceptions import FileSizeError  # type: ignore[import-untyped]

from cncheck.save.forms import ISO_TIMES, Batches, Schema, Unfit

_SHEET_ROWS, _SHEET_COLUMNS, _CELL_CHARACTERS = 1_048_576, 16_384, 32_767
_SURE_DIGITS = 10**15
"""A cell keeps fifteen digits of a number; article numbers have more."""
_FIRST_YEAR = 1900
_WIDEST, _NARROWEST = 60, 8
_SAMPLE = 1000
_PLAIN_TIMES = ISO_TIMES[1:]
"""A cell knows no time zone and no length of time: they are text."""


class _Target:
    """The file of a workbook, whose archive still writes its end after a failure: into nothing."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def write_xlsx(batches: Batches, schema: Schema, file: BinaryIO, _raw: bool) -> int:
    """Write a workbook with one sheet; nothing in a cell of text is run as a formula."""
    if len(schema) > _SHEET_COLUMNS:
        message = f"The list has {len(schema)} columns; a sheet of .xlsx ends at {_SHEET_COLUMNS}."
        raise Unfit(message, ".csv or .parquet")
    folder, part = os.path.split(file.name)
    with tempfile.TemporaryDirectory(
        prefix=f"{part}.", dir=folder, ignore_cleanup_errors=True
    ) as scratch:  # in the folder of the output: the system's own may be small, or memory
        target = _Target(file)
        book = xlsxwriter.Workbook(
            target, {"constant_memory": True, "tmpdir": scratch, "nan_inf_to_errors": True}
        )
        book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001  the same bytes again
        sheet = book.add_worksheet("cncheck")
        try:
            _fill(book, sheet, batches, schema)
            book.close()
        except BaseException as error:
            target.file = io.BytesIO()
            if isinstance(error, FileSizeError):
                message = "The list is too large for .xlsx."
                raise Unfit(message, ".csv or .parquet") from None
            raise
        finally:
            with suppress(OSError):  # the folder may be gone
                sheet.row_data_fh.close()
    return 0


def _fill(book: Any, sheet: Any, batches: Batches, schema: Schema) -> None:
    writers = _cell_writers(book, sheet, schema)
    bold = book.add_format({"bold": True})
    for column, name in enumerate(schema):
        sheet.write_string(0, column, name, bold)
    sheet.freeze_panes(1, 0)
    row = 0
    for batch in batches:
        if row + batch.height >= _SHEET_ROWS:
            message = f"A sheet of .xlsx ends at {_SHEET_ROWS:,} rows, and the list is longer."
            raise Unfit(message, ".csv or .parquet")
        told = batch.with_columns(*_PLAIN_TIMES)
        if row == 0:
            _set_widths(sheet, told)
        for values in told.iter_rows():
            row += 1
            for column, value in enumerate(values):
                if value is not None:
                    writers[column](row, column, value)
    if schema:
        sheet.autofilter(0, 0, row, len(schema) - 1)


def _cell_writers(book: Any, sheet: Any, schema: Schema) -> list[Callable[[int, int, Any], object]]:
    """Return for each column what writes a value; never `write`, which guesses what text means."""
    names = list(schema)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})

    def text(row: int, column: int, value: str) -> None:
        if value and sheet.write_string(row, column, value):
            where = f"Row {row + 1}, column `{names[column]}`"
            message = f"{where}: a text of {len(value):,} characters does not fit into a cell"
            raise Unfit(f"{message}, which ends at {_CELL_CHARACTERS:,}.", ".csv or .parquet")

    def whole(row: int, column: int, value: int) -> None:
        if abs(value) < _SURE_DIGITS:
            sheet.write_number(row, column, value)
        else:
            sheet.write_string(row, column, str(value))

    def dated(style: Any, row: int, column: int, value: date) -> None:
        if value.year >= _FIRST_YEAR:
            sheet.write_datetime(row, column, value, style)
        else:
            sheet.write_string(row, column, value.isoformat())

    def writer(dtype: pl.DataType) -> Callable[[int, int, Any], object]:
        if dtype.is_integer():
            return whole
        if dtype.is_numeric():
            return sheet.write_number  # type: ignore[no-any-return]
        if dtype == pl.Boolean:
            return sheet.write_boolean  # type: ignore[no-any-return]
        if dtype == pl.Date:
            return partial(dated, day)
        if isinstance(dtype, pl.Datetime) and dtype.time_zone is None:
            return partial(dated, time)
        return text

    return [writer(dtype) for dtype in schema.values()]


def _set_widths(sheet: Any, batch: pl.DataFrame) -> None:
    """Make columns as wide as their first texts; a Chinese character is two wide, of three bytes."""
    for column, cells in enumerate(batch.head(_SAMPLE)):
        texts = pl.Series([cells.name]).append(cells.cast(pl.String).drop_nulls())
        widest = max((texts.str.len_chars() + texts.str.len_bytes()) // 2)
        sheet.set_column(column, column, min(max(widest + 2, _NARROWEST), _WIDEST))
