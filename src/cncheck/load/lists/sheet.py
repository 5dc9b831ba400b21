"""Read .xlsx: the first visible sheet with content, its cells as a person reads them."""

from __future__ import annotations

import html
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine

from cncheck.load.lists.chunks import Row, figure, kept_rows
from cncheck.load.lists.source import BLOCK, Read, Source, named

_LARGEST_WORKBOOK = 8 << 30  # unpacked; a sheet full to its last row has about 2 GiB
_UNSOUND = (
    zipfile.BadZipFile, zlib.error, python_calamine.CalamineError,
    EOFError, KeyError, NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip
_NumberedRow = tuple[int, list[str | None]]


def read_xlsx(source: Source) -> Read:
    """Read the first visible sheet with content; its first row that is not blank is the header.

    Raises:
        InputError: it is no sound workbook, is empty, or its header does not name columns.

    """
    with _sound(source):
        with zipfile.ZipFile(source.path) as packed:
            if sum(part.file_size for part in packed.infolist()) > _LARGEST_WORKBOOK:
                raise source.refusal("The workbook unpacks to more than 8 GiB. Save it as .csv.")
            sheet = _sheet(source)
            unread = _unread_cells(packed, sheet.name)
        rows = enumerate([_cell_text(cell) for cell in row] for row in sheet.iter_rows())
        full = ((at, row) for at, row in rows if any(row) or at in unread)
        at, cells = next(full)
        names = named([cell or "" for cell in cells], source.file, at + 1)
        return kept_rows(_rows(full, names, unread, source), names, source)


@contextmanager
def _sound(source: Source) -> Iterator[None]:
    """Turn what the unpacker and the reader of workbooks raise, crashes included, into InputError."""
    try:
        yield
    except BaseException as error:
        crash = type(error).__name__ == "PanicException"  # of Rust, which no module exports
        if not crash and not isinstance(error, _UNSOUND):
            raise
        message = "This is no sound workbook, or only a part of one: save it again as .xlsx."
        raise source.refusal(message) from None


def _sheet(source: Source) -> python_calamine.CalamineSheet:
    book = python_calamine.CalamineWorkbook.from_path(source.path)
    sheets = [
        one for one in book.sheets_metadata if one.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]
    sheets.sort(key=lambda one: one.visible != python_calamine.SheetVisibleEnum.Visible)
    for one in sheets:
        sheet = book.get_sheet_by_name(one.name)
        if any(any(cell != "" for cell in row) for row in sheet.iter_rows()):
            return sheet
    raise source.refusal("The workbook is empty: no header.")


def _rows(
    rows: Iterator[_NumberedRow], names: Sequence[str], unread: _Unread, source: Source
) -> Iterator[Row]:
    """Yield the rows below the header, and which of their cells have no value."""
    is_title = len(list(filter(None, names))) == 1
    for count, (at, cells) in enumerate(rows):
        if not count and is_title and len(list(filter(None, cells))) > 1:
            message = (
                "The first row has one cell only, as a title has: let it hold the column names."
            )
            raise source.refusal(message, at)
        wrong = [
            f'column "{names[i]}" shows {what}'
            for i, what in sorted(unread.get(at, {}).items())
            if i < len(names) and names[i]
        ]
        yield cells, f"row {at + 1}: {'; '.join(wrong)}" if wrong else None


# ---- cells as text -------------------------------------------------------------------------------


def _cell_text(value: Any) -> str | None:
    return _CELLS[type(value)](value) if value != "" else None


def _number(value: float) -> str:
    return figure(float(f"{value:.15g}"))  # a sheet shows no more digits, and computes with noise


def _moment(value: datetime) -> str:
    return (value.date() if value.time() == time() else value).isoformat()


_CELLS: Mapping[type, Callable[[Any], str]] = {
    str: str,
    bool: lambda value: "true" if value else "false",
    int: str,
    float: _number,
    date: date.isoformat,
    datetime: _moment,
    time: time.isoformat,
    timedelta: str,
}


# ---- cells without a value -----------------------------------------------------------------------
# The reader of workbooks takes both errors and formulas that no program has computed yet for blank
# cells. So they are looked for in the XML of the sheet itself, a block at a time.

_ERROR_CELL = re.compile(
    rb"""<(?:\w+:)?c\s([^>]*\bt=["']e["'][^>]*)>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)<""",
    re.DOTALL,
)
_FORMULA_WITHOUT_VALUE = re.compile(
    rb"""<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)
_IS_TEXT = re.compile(rb"""\bt=["']str["']""")
_PLACE = re.compile(rb"""\br=["']([A-Z]+)(\d+)["']""")
_NEVER_COMPUTED = "a formula that was never computed"
_Unread = dict[int, dict[int, str]]
"""Row -> column (both from 0) -> what a cell shows that has no value."""


def _unread_cells(packed: zipfile.ZipFile, sheet: str) -> _Unread:
    unread: _Unread = {}
    for rows in _whole_rows(packed, _part_of(packed, sheet)):
        for attributes, what in _without_value(rows):
            place = _PLACE.search(attributes)
            if place is None:
                raise ValueError(attributes)
            unread.setdefault(int(place[2]) - 1, {})[_column(place[1])] = what
    return unread


def _whole_rows(packed: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """Yield a part of a workbook in pieces that break where a row begins."""
    rest = b""
    with packed.open(name) as part:
        while block := part.read(BLOCK):
            text = rest + block
            cut = max(text.rfind(b"<row"), text.rfind(b":row "), 0)
            yield text[:cut]
            rest = text[cut:]
    yield rest


def _without_value(rows: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield the attributes of each cell without a value, and what it shows."""
    if b't="e"' in rows or b"t='e'" in rows:
        for cell in _ERROR_CELL.finditer(rows):
            error = cell[2].decode("utf-8", "replace")
            yield cell[1], f"the error {error}" if error else _NEVER_COMPUTED
    if b"<f" in rows or b":f" in rows:
        for cell in _FORMULA_WITHOUT_VALUE.finditer(rows):
            if not _IS_TEXT.search(cell[1]):  # else its value is an empty text
                yield cell[1], _NEVER_COMPUTED


def _column(letters: bytes) -> int:
    """Return the number, from 0, of the column that is called so: A, ..., Z, AA, ..."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _part_of(packed: zipfile.ZipFile, sheet: str) -> str:
    """Return the part of a workbook in which the cells of `sheet` are."""
    sheets = _attributes(packed.read("xl/workbook.xml"), b"sheet", b"name", b"id")
    parts = _attributes(
        packed.read("xl/_rels/workbook.xml.rels"), b"Relationship", b"Id", b"Target"
    )
    target = parts[sheets[sheet]]
    return target[1:] if target.startswith("/") else f"xl/{target}"


def _attributes(xml: bytes, tag: bytes, key: bytes, value: bytes) -> dict[str, str]:
    """Return, for each element called `tag`, one of its attributes by another."""

    def attribute(element: bytes, name: bytes) -> str:
        found = re.search(rb"""[\s:]%b=["']([^"']*)["']""" % name, element)
        return html.unescape(found[1].decode()) if found else ""

    elements = re.findall(rb"<(?:\w+:)?%b\s[^>]*>" % tag, xml)
    return {attribute(one, key): attribute(one, value) for one in elements}
