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

import errno
import io
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, datetime
from functools import partial
from typing import Any, BinaryIO, NamedTuple

import polars as pl
import xlsxwriter  # type: ignore[import-untyped]
from polars import selectors as cs
from polars.io.plugins import register_io_source
from xlsxwriter.exceptions import FileCreateError, FileSizeError  # type: ignore[import-untyped]

from cncheck.load.yamlfile import shown_path
from cncheck.model import Problem
from cncheck.problems import InputError, one_line

_Batches = Iterator[pl.DataFrame]
_Schema = Mapping[str, pl.DataType]


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
    problems = [Problem(message, shown_path(path)) for message in _refused(path, sources)]
    if problems:
        raise InputError(problems)


def save(batches: _Batches, schema: _Schema, path: str, *, raw: bool = False) -> Saved:
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

    def watched() -> _Batches:
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
        with _replacing(path) as file:
            escaped = form.write(watched(), schema, file, raw)
    except _Unfit as error:
        message = f"{error} Write to {error.instead}. What stood here before is unchanged."
        raise InputError([Problem(one_line(message), shown_path(path))]) from None
    except (Exception, pl.exceptions.PanicException) as error:
        if failure is not None:
            raise failure from None
        reason = _reason(error)
        if reason is None:
            raise
        message = f"Cannot write the list: {reason}. What stood here before is unchanged."
        raise InputError([Problem(message, shown_path(path))]) from error
    return Saved(rows, escaped)


# ---- the place ---------------------------------------------------------------------------------


def _ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _unknown_ending(ending: str) -> str:
    *most, last = _FORMS
    known = f"{', '.join(most)} or {last}"
    what = f"Lists are not written as {one_line(ending)}" if ending else "The name has no ending"
    return f"{what}. Let it end in {known}."


def _refused(path: str, sources: Iterable[str]) -> Iterator[str]:
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if os.path.isdir(path):
        yield "This is a folder. Name a file in it, such as checked.csv."
        return
    if _ending(path) not in _FORMS:
        yield _unknown_ending(_ending(path))
    try:
        os.stat(path)
    except FileNotFoundError:
        if not os.path.isdir(folder):
            yield f"There is no folder {shown_path(folder)}. Make it, or write elsewhere."
            return
    except OSError as error:
        yield f"Cannot write here: {_reason(error)}."
        return
    else:
        yield from _taken(target, sources)
    yield from _among(target, sources)
    if not os.access(folder, os.W_OK | os.X_OK):
        yield f"Cannot write to the folder {shown_path(folder)}: {_WHY[errno.EACCES]}."


def _taken(target: str, sources: Iterable[str]) -> Iterator[str]:
    """Tell why a file that exists may not be replaced."""
    if not os.path.isfile(target):
        yield "This is a pipe or a device, which cannot be replaced. Name a file."
    elif not os.access(target, os.W_OK):
        yield "The file is write-protected. Allow writing to it, or choose another name."
    for source in sources:
        if source == "-" or not os.path.exists(source):
            continue
        if os.path.samefile(source, target):
            yield "This file is one of the lists to read. Choose another name."


def _among(target: str, sources: Iterable[str]) -> Iterator[str]:
    """Tell why a file may not lie where it would be read as a list, if not now, then next time."""
    for source in sources:
        if os.path.isdir(source) and _inside(target, os.path.realpath(source)):
            yield f"This file would be read as a list of {shown_path(source)}. Write elsewhere."


def _inside(file: str, folder: str) -> bool:
    with suppress(ValueError):  # another drive
        return os.path.commonpath([file, folder]) == folder
    return False


@contextmanager
def _replacing(path: str) -> Iterator[BinaryIO]:
    """Open a file beside `path` that takes its place at the end, or is removed."""
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    part = os.path.join(folder, f".{name[:50]}.{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb") as file:
            yield file
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


_FULL = "the disk is full. Free some space, or write to another disk"
_FORBIDDEN = "you are not allowed to. Choose another folder"
_WHY = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "your quota of the disk is used up. Free some space, or write to another disk",
    errno.EFBIG: "a file cannot be that large here. Write to another disk, or to .parquet",
    errno.ENOENT: "its folder has vanished. Make it again, or write elsewhere",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: "the disk is read-only. Write to another one",
    errno.ENAMETOOLONG: "the name is too long. Choose a shorter one",
    errno.ELOOP: "it is a symbolic link that leads to itself. Choose another name",
}


def _reason(error: BaseException) -> str | None:
    """Return why the system refused to write, or None where it did not."""
    if isinstance(error, FileCreateError) and isinstance(error.args[0], OSError):
        error = error.args[0]
    number = error.errno if isinstance(error, OSError) else None
    if number is None:  # polars tells it in words only, and not always as an OSError
        words = str(error)
        found = re.search(r"\(os error (\d+)\)", words)
        number = int(found[1]) if found else None
        if number is None and "No space left on device" in words:
            number = errno.ENOSPC
        if number is None:
            return words if isinstance(error, OSError) else None
    return _WHY.get(number) or os.strerror(number)


# ---- what a form cannot hold -------------------------------------------------------------------


class _Unfit(Exception):
    """Something that this form of file cannot hold, though another one can."""

    def __init__(self, message: str, instead: str) -> None:
        super().__init__(message)
        self.instead = instead


def _check_types(schema: _Schema, ending: str) -> None:
    cannot = _FORMS[ending].cannot
    for name, dtype in schema.items():
        if dtype.base_type() in cannot:
            raise _Unfit(f"The column `{name}` holds {dtype}, which {ending} cannot.", ".parquet")


# ---- CSV, TSV, Parquet, JSONL ------------------------------------------------------------------

_ISO_TIMES = (
    cs.datetime(time_zone=None).dt.strftime("%Y-%m-%dT%H:%M:%S%.f"),
    cs.datetime(time_zone="*").dt.strftime("%Y-%m-%dT%H:%M:%S%.f%:z"),
    cs.time().dt.strftime("%H:%M:%S%.f"),
    cs.duration().dt.to_string("iso"),
)


def _sink(batches: _Batches, schema: _Schema) -> pl.LazyFrame:
    return register_io_source(lambda *_pushed_down: batches, schema=pl.Schema(schema))


def _write_csv(
    batches: _Batches, schema: _Schema, file: BinaryIO, raw: bool, *, separator: str
) -> int:
    careless = [name for name, dtype in schema.items() if _holds_formulas(dtype)]
    header, escaped = (list(schema), 0) if raw else _escaped_names(list(schema))

    def plain(batch: pl.DataFrame) -> pl.DataFrame:
        ready = batch.with_columns(*_ISO_TIMES, cs.by_name(careless).cast(pl.String))
        ready.columns = header
        return ready.with_columns(cs.string().replace("", None))

    def prepared() -> _Batches:
        nonlocal escaped
        for batch in batches:
            ready = plain(batch)
            if not raw:
                ready, count = _escape(ready)
                escaped += count
            yield ready

    told = plain(pl.DataFrame(schema=schema)).schema
    _sink(prepared(), told).sink_csv(file, separator=separator)
    return escaped


def _write_parquet(batches: _Batches, schema: _Schema, file: BinaryIO, _raw: bool) -> int:
    _sink(batches, schema).sink_parquet(file, row_group_size=1 << 16)
    return 0


def _write_jsonl(batches: _Batches, schema: _Schema, file: BinaryIO, _raw: bool) -> int:
    told = pl.DataFrame(schema=schema).with_columns(*_ISO_TIMES).schema
    ready = (batch.with_columns(*_ISO_TIMES) for batch in batches)
    _sink(ready, told).sink_ndjson(file)
    return 0


# ---- text that a spreadsheet would run as a formula --------------------------------------------

_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
_NUMBER = r"^[+-]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)([eE][+-]?[0-9]+)?$"
_ANY_TEXT = cs.string()
_MAYBE_FORMULA = (
    (_ANY_TEXT < ".") | ((_ANY_TEXT >= "=") & (_ANY_TEXT < "A")) | (_ANY_TEXT >= "＋")
).any()
"""True for a column where a text may match _FORMULA: half the price, and nearly always false."""


def _formulas(text: pl.Series) -> pl.Series:
    return (text.str.contains(_FORMULA) & ~text.str.contains(_NUMBER)).fill_null(value=False)


def _escape(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return `frame` with an apostrophe before each formula, and how many there are."""
    count = 0
    for flag in frame.select(_MAYBE_FORMULA):
        if flag[0]:
            text = frame.get_column(flag.name).alias(
                ""
            )  # a name like "^a.*$" is a pattern to polars
            found = _formulas(text)
            count += int(found.sum())
            frame = frame.with_columns(("'" + text).zip_with(found, text).alias(flag.name))
    return frame, count


def _escaped_names(names: list[str]) -> tuple[list[str], int]:
    found = _formulas(pl.Series(names, dtype=pl.String))
    taken = set(names)
    header = []
    for name, is_formula in zip(names, found, strict=True):
        told = f"'{name}" if is_formula else name
        while is_formula and told in taken:
            told = f"'{told}"
        taken.add(told)
        header.append(told)
    return header, int(found.sum())


def _holds_formulas(dtype: pl.DataType) -> bool:
    """Return whether words kept as categories may need an escape, or a blank for empty text."""
    if not isinstance(dtype, pl.Enum):
        return isinstance(dtype, pl.Categorical)
    return bool((_formulas(dtype.categories) | (dtype.categories == "")).any())


# ---- XLSX --------------------------------------------------------------------------------------

_SHEET_ROWS, _SHEET_COLUMNS, _CELL_CHARACTERS = 1_048_576, 16_384, 32_767
_SURE_DIGITS = 10**15
"""A cell keeps fifteen digits of a number; article numbers have more."""
_FIRST_YEAR = 1900
_WIDEST, _NARROWEST = 60, 8
_SAMPLE = 1000
_PLAIN_TIMES = _ISO_TIMES[1:]
"""A cell knows no time zone and no length of time: they are text."""


class _Target:
    """The file of a workbook, whose archive still writes its end after a failure: into nothing."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def _write_xlsx(batches: _Batches, schema: _Schema, file: BinaryIO, _raw: bool) -> int:
    if len(schema) > _SHEET_COLUMNS:
        message = f"The list has {len(schema)} columns; a sheet of .xlsx ends at {_SHEET_COLUMNS}."
        raise _Unfit(message, ".csv or .parquet")
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
                raise _Unfit(message, ".csv or .parquet") from None
            raise
        finally:
            with suppress(OSError):  # the folder may be gone
                sheet.row_data_fh.close()
    return 0


def _fill(book: Any, sheet: Any, batches: _Batches, schema: _Schema) -> None:
    writers = _cell_writers(book, sheet, schema)
    bold = book.add_format({"bold": True})
    for column, name in enumerate(schema):
        sheet.write_string(0, column, name, bold)
    sheet.freeze_panes(1, 0)
    row = 0
    for batch in batches:
        if row + batch.height >= _SHEET_ROWS:
            message = f"A sheet of .xlsx ends at {_SHEET_ROWS:,} rows, and the list is longer."
            raise _Unfit(message, ".csv or .parquet")
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


def _cell_writers(
    book: Any, sheet: Any, schema: _Schema
) -> list[Callable[[int, int, Any], object]]:
    """Return for each column what writes a value; never `write`, which guesses what text means."""
    names = list(schema)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})

    def text(row: int, column: int, value: str) -> None:
        if value and sheet.write_string(row, column, value):
            where = f"Row {row + 1}, column `{names[column]}`"
            message = f"{where}: a text of {len(value):,} characters does not fit into a cell"
            raise _Unfit(f"{message}, which ends at {_CELL_CHARACTERS:,}.", ".csv or .parquet")

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


# ---- the table of forms ------------------------------------------------------------------------


class _Form(NamedTuple):
    write: Callable[[_Batches, _Schema, BinaryIO, bool], int]
    """Batches, their schema, an open file, raw -> how many cells were escaped."""
    cannot: tuple[type[pl.DataType], ...]
    """Types of columns that this form cannot hold."""


_NO_TEXT = (pl.Binary, pl.Object)
_NO_CELL = (*_NO_TEXT, pl.List, pl.Array, pl.Struct)

_FORMS = {
    ".csv": _Form(partial(_write_csv, separator=","), _NO_CELL),
    ".tsv": _Form(partial(_write_csv, separator="\t"), _NO_CELL),
    ".parquet": _Form(_write_parquet, (pl.Object,)),
    ".jsonl": _Form(_write_jsonl, _NO_TEXT),
    ".xlsx": _Form(_write_xlsx, _NO_CELL),
}
