"""Open lists of products: .csv .tsv .xlsx .parquet .jsonl, as they come from other people's systems.

What comes out is a lazy frame with the columns of the file, in its order, as text (.parquet keeps its
types). A blank cell is null. Cells are not looked into: that is the work of the next doors.

Every kind has one reader in `_READERS`. Text files are read by Polars where every line is a row of its
own, which one look at all lines shows; else row by row, so that each bad row keeps its place and says
in the column `ROW_ERROR` what is wrong with it. Workbooks, JSON lines and text that is read row by row
are parsed once, when they are opened, into a scratch folder, a chunk at a time: memory stays bounded,
and what is read from there later cannot fail.

In text files and workbooks a row of nothing but blank cells is no row. In .parquet and .jsonl it is one.
"""

from __future__ import annotations

import codecs
import csv
import html
import io
import json
import math
import os
import re
import stat
import tempfile
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

import polars as pl
import python_calamine
from polars.datatypes import DataTypeClass
from polars.selectors import by_name

from cncheck.load.materials import reduce_materials
from cncheck.load.values import shown
from cncheck.load.yamlfile import shown_path
from cncheck.model import ROW_ERROR, Problem, Rules
from cncheck.problems import InputError, did_you_mean, one_line

REFUSED = (pl.exceptions.ComputeError, pl.exceptions.SchemaError)
"""What Polars raises at text it cannot read; running a frame may, at a .parquet with damaged pages."""
AT_LEAST = "|at_least"
"""Ends the name of a Boolean column: whether the fact before it is a lower bound in this row."""

_ROWS = 20_000  # in a chunk: some MB of Python objects
_BLOCK = 1 << 20
_LONGEST_HEADER = 1 << 20
_LONGEST_LINE = 16 << 20
_MOST_COLUMNS = 16_384  # what a sheet of a spreadsheet can have
_LARGEST_WORKBOOK = 8 << 30  # unpacked; a sheet full to its last row has about 2 GiB
_READABLE = (1e-6, 1e18)  # figures that are written without an exponent
_SEPARATORS = (",", ";", "\t", "|")


class TextList(NamedTuple):
    """A list that was opened.

    Attributes:
        file: its name, as messages show it.
        frame: its columns in their order, text (typed for .parquet), and `ROW_ERROR` where rows can
            fail; lists that state `materials` have `<fact>|at_least` columns as well.
        columns: the columns of the file, without those two.
        rows: how many rows it has, where that is known without reading it all once more.
        size: bytes on disk.
        careful: whether it is a text file that was read row by row.

    """

    file: str
    frame: pl.LazyFrame
    columns: tuple[str, ...]
    rows: int | None
    size: int
    careful: bool


class _Source(NamedTuple):
    path: str
    file: str
    rules: Rules
    scratch: str
    careful: bool

    def refusal(self, message: str, line: int | None = None) -> InputError:
        return InputError([Problem(one_line(message), self.file, line)])


_Read = tuple[pl.LazyFrame, tuple[str, ...], int | None, bool]


def open_lists(
    paths: Iterable[str],
    rules: Rules,
    scratch: str,
    stdin: Callable[[int], bytes],
    *,
    careful: bool = False,
) -> tuple[TextList, ...]:
    """Open the lists of `paths`, each once, in the order given.

    Args:
        paths: files; folders, for all lists inside; "-" for what `stdin` reads.
        rules: the vocabulary that `materials` in .jsonl files are reduced by.
        scratch: a folder for intermediate files, which must outlive the frames.
        stdin: reads up to so many bytes of standard input; its kind is seen by its content.
        careful: read text files row by row even where they look regular.

    Raises:
        InputError: what is wrong with all files that cannot be used.

    """
    lists: list[TextList] = []
    problems: list[Problem] = []
    for path in dict.fromkeys(_found(paths, problems)):
        try:
            lists.append(_opened(path, rules, scratch, stdin, careful=careful))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return tuple(lists)


# ---- finding files -------------------------------------------------------------------------------


def _found(paths: Iterable[str], problems: list[Problem]) -> Iterator[str]:
    """Yield "-" or the absolute path of each file; absolute, so that none reads as an address."""
    for path in paths:
        if path == "-" or not os.path.isdir(path):
            yield path if path in ("-", "") else os.path.abspath(path)
            continue
        inside = list(_walk(os.path.abspath(path), problems))
        if not inside:
            message = f"No list in this folder: looked for {', '.join(_READERS)}."
            problems.append(Problem(message, shown_path(path)))
        yield from inside


def _walk(folder: str, problems: list[Problem]) -> Iterator[str]:
    def refuse(error: OSError) -> None:
        message = f"Cannot read the folder: {error.strerror}."
        problems.append(Problem(message, _shown(error.filename)))

    for here, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "node_modules")
        for name in sorted(files):
            # "~$list.xlsx" is what a spreadsheet program leaves beside a workbook it has open
            path = os.path.join(here, name)
            waits = os.path.exists(path) and not os.path.isfile(path)  # a pipe, a device
            if _ending(name) in _READERS and not name.startswith((".", "~$")) and not waits:
                yield path


def _ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _shown(path: str) -> str:
    """Return an absolute path as messages show it: short where it is below this folder."""
    here = os.path.join(os.getcwd(), "")
    return shown_path(path.removeprefix(here)) or '""'


def _opened(
    path: str, rules: Rules, scratch: str, stdin: Callable[[int], bytes], *, careful: bool
) -> TextList:
    given = path == "-"
    source = _Source(path, "<stdin>" if given else _shown(path), rules, scratch, careful)
    try:
        if given:
            source = source._replace(path=_copied(stdin, scratch))
        with _checked(source, given=given) as opened:
            head = opened.read(16)
        kind = _kind_of(head) if given else _ending(path)
        _refuse_other_content(source, kind, head)
        frame, columns, rows, by_row = _READERS[kind](source)
        return TextList(source.file, frame, columns, rows, os.path.getsize(source.path), by_row)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        hint = _near_files(path) if isinstance(error, FileNotFoundError) else ""
        raise source.refusal(f"Cannot read the file: {reason}.{hint}") from None


def _copied(stdin: Callable[[int], bytes], scratch: str) -> str:
    handle, path = tempfile.mkstemp(dir=scratch, prefix="stdin-")
    with os.fdopen(handle, "wb") as copy:
        while block := stdin(_BLOCK):
            copy.write(block)
    return path


def _checked(source: _Source, *, given: bool) -> BinaryIO:
    """Return the file, open; raise InputError or OSError where it is none, or of no known kind."""
    mode = os.stat(source.path).st_mode
    if not stat.S_ISREG(mode):
        message = "This is a pipe or a device, a file was expected. Give it on standard input: -"
        raise source.refusal(message)
    ending = _ending(source.path)
    if not given and ending not in _READERS:
        known = f"Lists end in {', '.join(_READERS)}."
        message = _NOT_READ.get(ending, f'"{ending}" is no kind of list that can be read.')
        raise source.refusal(f"{message} {known}")
    return open(source.path, "rb")


def _near_files(path: str) -> str:
    folder, name = os.path.split(path)
    try:
        return did_you_mean(name, os.listdir(folder or ".")) or " Is the path right?"
    except OSError:
        return " There is no such folder either: is the path right?"


# ---- kinds ---------------------------------------------------------------------------------------

_OLD_OR_LOCKED = (
    "This workbook is password-protected or an old .xls: save it as .xlsx without a password."
)
_DESCRIPTOR = "This looks like a product descriptor: `cncheck FILE` checks descriptors."
_NOT_READ = {
    ".xls": _OLD_OR_LOCKED,
    ".yaml": _DESCRIPTOR,
    ".yml": _DESCRIPTOR,
    ".json": f"{_DESCRIPTOR} A list has one JSON object a line and ends in .jsonl.",
    ".gz": "This file is compressed: unpack it first.",
    ".zip": "This file is compressed: unpack it first.",
}
_CONTENT: dict[bytes, tuple[str, str]] = {
    b"PK\x03\x04": (".xlsx", "This is a workbook or another packed file"),
    b"PAR1": (".parquet", "This is a .parquet file"),
    b"PARE": ("", "This .parquet file is encrypted: save it without encryption"),
    b"\xd0\xcf\x11\xe0": ("", _OLD_OR_LOCKED.removesuffix(".")),
    b"\x1f\x8b": ("", "This file is compressed: unpack it first"),
    b"\x28\xb5\x2f\xfd": ("", "This file is compressed: unpack it first"),
    b"%PDF": ("", "This is a PDF document, which is no list"),
    b"<html": ("", "This is a web page, which is no list: save the table as .xlsx or .csv"),
    b"<!doctype": ("", "This is a web page, which is no list: save the table as .xlsx or .csv"),
    b"<?xml": ("", "This is an XML document, which is no list: save the table as .xlsx or .csv"),
}
"""First bytes of a file -> the ending they ask for ("" = none), and what to say otherwise."""


def _kind_of(head: bytes) -> str:
    """Return the ending that content of unknown kind asks for."""
    if head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{"):
        return ".jsonl"
    return next((kind for magic, (kind, _) in _CONTENT.items() if head.startswith(magic)), ".csv")


def _refuse_other_content(source: _Source, kind: str, head: bytes) -> None:
    first = head.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    for magic, (asked, message) in _CONTENT.items():
        if head.startswith(magic) or (magic.startswith(b"<") and first.startswith(magic)):
            if asked != kind:
                hint = f", but its name ends in {kind}: rename it to {asked}" if asked else ""
                raise source.refusal(f"{message}{hint}.")
            return


# ---- what all kinds share ------------------------------------------------------------------------


def _named(cells: Sequence[str], source: _Source, line: int) -> tuple[str, ...]:
    """Return the column names of a header: blanks around them cut off, "" where a name is blank."""
    names = tuple(
        re.sub(r"\s*[\r\n]+\s*", " ", cell.strip("\ufeff \t\r\n\xa0\u3000")) for cell in cells
    )
    if not any(names):
        raise source.refusal("The header names no column: its first row must hold the names.", line)
    if len(names) > _MOST_COLUMNS:
        raise source.refusal(
            f"The header has {len(names)} columns, more than {_MOST_COLUMNS}.", line
        )
    places: dict[str, list[str]] = {}
    for i, name in enumerate(names, start=1):
        places.setdefault(name, []).append(str(i))
    places.pop("", None)
    wrong = [
        f"{shown(name)} names the columns {', '.join(at)}: keep one, or rename them."
        for name, at in places.items()
        if len(at) > 1
    ]
    wrong += [
        f"{shown(name)} is a name of cncheck's own: rename it." for name in filter(_own, places)
    ]
    if wrong:
        raise InputError([Problem(one_line(message), source.file, line) for message in wrong])
    return names


def _own(name: str) -> bool:
    return name == ROW_ERROR or name.endswith(AT_LEAST)


def _kept(chunks: Iterable[pl.DataFrame], source: _Source) -> tuple[pl.LazyFrame, int]:
    """Return `chunks`, written to the scratch folder as they come, as one frame, and its rows.

    A column that a chunk lacks is null there.
    """
    folder = tempfile.mkdtemp(dir=source.scratch, prefix="list-")
    frames: list[pl.LazyFrame] = []
    rows = 0
    for chunk in chunks:
        path = os.path.join(folder, f"{len(frames)}.arrow")
        try:
            chunk.write_ipc(path, compression="lz4")
        except (OSError, pl.exceptions.ComputeError) as error:
            message = f"Cannot keep what was read in the folder for temporary files: {error}"
            raise source.refusal(message) from None
        frames.append(pl.scan_ipc(path, glob=False))
        rows += chunk.height
    return pl.concat(frames, how="diagonal"), rows


_Row = tuple[Sequence[str | None], str | None]
"""The cells of a row, and why it could not be read."""


def _chunked(rows: Iterator[_Row], names: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield rows as frames of text: the columns that have a name, and `ROW_ERROR`."""
    at = [(i, name) for i, name in enumerate(names) if name]
    first = True
    while (chunk := list(islice(rows, _ROWS))) or first:
        first = False  # a list without rows has columns all the same
        cells = list(zip(*(row for row, _ in chunk), strict=True)) or [()] * len(names)
        columns = [pl.Series(name, cells[i], pl.String) for i, name in at]
        errors = pl.Series(ROW_ERROR, [error for _, error in chunk], pl.String)
        text = pl.DataFrame(columns).with_columns(pl.when(pl.all() != "").then(pl.all()))
        yield text.with_columns(errors)


# ---- text: encodings -----------------------------------------------------------------------------

_MAY_BE_BLANK = re.compile(rb'\n(?:[\r\n,;\t| ]|"[" \t]|\xc2\xa0|\xe3\x80\x80)')
_LETTERS_OF_UTF8 = 8  # so many different ones before the first bad byte: it is damaged, no GB 18030
_GB_PAIR = re.compile(rb"[\x81-\xfe][\x30-\xfe]")


class _Survey(NamedTuple):
    """What one look at all bytes of a text file shows.

    Attributes:
        bad: the offset of the first byte that is not UTF-8, or None.
        letters: different characters beyond ASCII before it, as far as that matters.
        blank: whether there may be rows without content.

    """

    bad: int | None
    letters: int
    blank: bool


def _utf8(source: _Source) -> tuple[str, _Survey]:
    """Return a file with the text as UTF-8 and lines that end in LF or CRLF, and what it shows.

    The file itself if it is so already; else a copy. Looking at it costs about a tenth of reading it.
    """
    with open(source.path, "rb") as opened:
        head = opened.read(_LONGEST_HEADER)
    if not head.strip():
        raise source.refusal("The file is empty: no header.")
    encoding = "utf-8"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        survey = _survey(source)
        if survey.bad is not None:
            _refuse_other_encoding(source, survey)
            encoding = "gb18030"
        elif not _ends_lines_in_cr(head):
            return source.path, survey
    copy = _transcoded(source, encoding)
    return copy, _survey(source._replace(path=copy))


def _survey(source: _Source) -> _Survey:
    """Look at all bytes once; raise InputError at a NUL byte and at a line that never ends."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = line_start = 0
    letters: set[str] = set()
    blank, before = False, b""
    for block in _blocks(source.path):
        waiting = len(decoder.getstate()[0])
        if waiting or not block.isascii():
            try:
                text = decoder.decode(block)
            except UnicodeDecodeError as error:
                good = block[: max(error.start - waiting, 0)].decode("utf-8", "ignore")
                letters |= {letter for letter in set(good) if not letter.isascii()}
                return _Survey(offset - waiting + error.start, len(letters), blank)
            if len(letters) < _LETTERS_OF_UTF8:
                letters |= {letter for letter in set(text) if not letter.isascii()}
        if (at := block.find(b"\0")) >= 0:
            message = (
                "The text holds a NUL byte: it is damaged, no text, or UTF-16 without its mark."
                " Save it as UTF-8."
            )
            raise source.refusal(message, _line_of(source.path, offset + at))
        first = block.find(b"\n")
        if (offset + (len(block) if first < 0 else first)) - line_start > _LONGEST_LINE:
            message = f"A line has more than {_LONGEST_LINE >> 20} MiB. Is this a list with a row on each line?"
            raise source.refusal(message, _line_of(source.path, line_start))
        if first >= 0:
            line_start = offset + block.rfind(b"\n") + 1
        blank = blank or _MAY_BE_BLANK.search(before + block) is not None
        before = block[-4:]
        offset += len(block)
    waiting = len(decoder.getstate()[0])
    return _Survey(offset - waiting if waiting else None, len(letters), blank)


def _refuse_other_encoding(source: _Source, survey: _Survey) -> None:
    """Raise InputError for damaged UTF-8 and for Western text: GB 18030 would read it as nonsense."""
    offset = survey.bad or 0
    with open(source.path, "rb") as opened:
        opened.seek(offset)
        sample = opened.read(_BLOCK)
    pairs: list[bytes] = _GB_PAIR.findall(sample)
    western = sum(pair[1:].isalpha() for pair in pairs) * 2 > len(pairs)
    if survey.letters >= _LETTERS_OF_UTF8 or western:
        message = f"Byte {offset} of the file is not UTF-8 text"
        what = "and the file does not look like GB 18030 either" if western else "all before it is"
        raise source.refusal(
            f"{message}; {what}. Save the file as UTF-8.", _line_of(source.path, offset)
        )


def _transcoded(source: _Source, encoding: str) -> str:
    """Return a copy of the file in UTF-8; lines that end in CR end in LF there."""
    handle, path = tempfile.mkstemp(dir=source.scratch, prefix="text-")
    decoder = codecs.getincrementaldecoder(encoding)()
    convert: Any = decoder
    offset = 0
    with os.fdopen(handle, "wb") as copy:
        for block in _blocks(source.path, last=True):
            waiting = len(decoder.getstate()[0])
            try:
                text = convert.decode(block, not block)
            except UnicodeDecodeError as error:
                at = offset - waiting + error.start
                name = {"utf-16": "UTF-16", "gb18030": "UTF-8 or GB 18030"}[encoding]
                message = f"Byte {at} of the file is not {name} text. Save the file as UTF-8."
                raise source.refusal(message, _line_of(source.path, at)) from None
            if not offset and _ends_lines_in_cr(text[:_LONGEST_HEADER].encode()):
                convert = io.IncrementalNewlineDecoder(decoder, translate=True)
                text = io.IncrementalNewlineDecoder(None, translate=True).decode(text)
            copy.write(text.encode())
            offset += len(block)
    return path


def _ends_lines_in_cr(head: bytes) -> bool:
    """Return whether the first line ends in CR alone, as old systems wrote it."""
    line = re.sub(rb'"[^"]*"', b"", head.partition(b"\n")[0])
    return b"\r" in line.strip(b"\r")


def _blocks(path: str, *, last: bool = False) -> Iterator[bytes]:
    """Yield the bytes of a file block by block, and an empty one at the end if `last`."""
    with open(path, "rb", buffering=0) as opened:
        while block := opened.read(_BLOCK):
            yield block
    if last:
        yield b""


def _line_of(path: str, offset: int) -> int:
    line = 1
    for block in _blocks(path):
        line += block.count(b"\n", 0, max(offset, 0))
        offset -= len(block)
        if offset <= 0:
            break
    return line


# ---- text: .csv and .tsv -------------------------------------------------------------------------


class _Header(NamedTuple):
    names: tuple[str, ...]
    separator: str
    lines: int
    """How many lines of the file come before its first row."""


def _read_csv(source: _Source) -> _Read:
    path, survey = _utf8(source)
    header = _header(source, path)
    columns = tuple(filter(None, header.names))
    if source.careful or not _regular(path, header):
        rows = _careful_rows(path, header)
        frame, count = _kept(_chunked(rows, header.names), source)
        return frame, columns, count, True
    # A name never holds a line break: columns without one are called so until they are dropped.
    names = [name or f"\n{i}" for i, name in enumerate(header.names)]
    frame = pl.scan_csv(
        path, has_header=False, skip_lines=header.lines, separator=header.separator,
        schema=dict.fromkeys(names, pl.String), missing_columns="insert", null_values="", glob=False,
    )  # fmt: skip
    if survey.blank:  # not always: this looks at every column, also at those nobody asks for
        frame = frame.filter(pl.any_horizontal(pl.all().str.strip_chars() != ""))
    return frame.select(by_name(*columns)), columns, None, False


def _header(source: _Source, path: str) -> _Header:
    with open(path, encoding="utf-8-sig", newline="\n") as opened:
        text = opened.read(_LONGEST_HEADER)
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if line.strip()), None)
    if start is None:
        raise source.refusal("The file is empty: no header.")
    if hint := re.fullmatch(r'"?sep=([,;|\t])"?\r?', lines[start]):
        start += 1  # what Excel writes, and reads, above the header
    if start >= len(lines) - 1 and len(text) == _LONGEST_HEADER:
        message = "The header line has more than 1 MiB. Is this a list with a row on each line?"
        raise source.refusal(message, start + 1)
    if not any(lines[start:]):
        raise source.refusal("The file is empty: no header.")
    separator = hint[1] if hint else _separator(lines[start : start + 20])
    reader = csv.reader((f"{line}\n" for line in lines[start:]), delimiter=separator, strict=True)
    try:
        cells = next(reader)
    except csv.Error:
        message = "The header opens a quote that is not closed, or holds a quote inside a name."
        raise source.refusal(message, start + 1) from None
    _refuse_no_table(source, cells, start + 1)
    return _Header(_named(cells, source, start + 1), separator, start + reader.line_num)


def _regular(path: str, header: _Header) -> bool:
    """Return whether every line is a row by itself, with no more cells than the header.

    Polars alone would not tell. It raises nothing at a row with too many cells, where one of the columns
    is not asked for. And where a quote is not closed, or text goes on behind one, it takes what follows
    for one cell, up to a quote many rows later. So cells with line breaks are for the careful reader.
    """
    end = re.escape(header.separator)
    cell = rf'(?:"(?:[^"]|"")*"|[^"\r{end}][^"\r{end}]*)?'
    row = rf"^(?:{cell}{end}){{0,{len(header.names) - 1}}}{cell}\r?$"
    lines = pl.scan_csv(
        path, has_header=False, skip_lines=header.lines, separator="\x01", quote_char=None,
        schema={"line": pl.String}, missing_columns="insert", glob=False,
    )  # fmt: skip
    try:
        regular = lines.select(pl.col("line").str.contains(row).all()).collect(engine="streaming")
        return bool(regular.item())
    except REFUSED:  # the separator of nothing is in the text, or the row is too long a pattern
        return False


def _separator(lines: Sequence[str]) -> str:
    """Return the separator that the header has; of several, the one that the rows have as often."""
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines]

    def fit(separator: str) -> tuple[int, int]:
        width = bare[0].count(separator)
        return (sum(line.count(separator) == width for line in bare) if width else 0), width

    return max(_SEPARATORS, key=fit)


def _refuse_no_table(source: _Source, cells: Sequence[str], line: int) -> None:
    """Raise InputError where the first line is one of a descriptor or of JSON."""
    first = cells[0].strip() if cells else ""
    if first[:1] in ("{", "["):
        raise source.refusal("This is JSON. A list has one object a line and ends in .jsonl.", line)
    if len(cells) == 1 and (first == "---" or re.match(r"[\w$]+:(\s|$)", first)):
        raise source.refusal(_DESCRIPTOR, line)


_OPEN_QUOTE = 'opens a quote (") that is not closed in its cell: close it, or double it if it is part of the text'
_SEPARATORS_OF_A_ROW = 3  # a sentence may have as many commas as a row with fewer cells


class _Lines:
    """The lines of a file; those of a row that cannot be read are given back, but for its first."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.taken: list[str] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def _careful_rows(path: str, header: _Header) -> Iterator[_Row]:
    """Yield every row of a text file that is not blank, with what is wrong with it."""
    width = len(header.names)
    nothing = (None,) * width
    with open(path, encoding="utf-8-sig", newline="\n") as opened:
        lines = _Lines(islice(opened, header.lines, None))
        reader = csv.reader(lines, delimiter=header.separator, strict=True)
        number = header.lines
        while True:
            line, lines.taken = number + 1, []
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                message = _why(str(error), lines.taken)
                lines.give_back()
                number += 1
                yield nothing, f"line {line} {message}"
                continue
            if len(lines.taken) > 1 and _swallows_rows(cells, header):
                lines.give_back()
                number += 1
                yield nothing, f"line {line} {_OPEN_QUOTE}"
                continue
            number += len(lines.taken)
            if not "".join(cells).strip():
                continue
            if len(cells) > width and any(cell.strip() for cell in cells[width:]):
                separator = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
                yield (
                    nothing,
                    (
                        f"line {line} has {len(cells)} cells, the header has {width}:"
                        f" is a cell with a {separator[header.separator]} not in quotes?"
                    ),
                )
                continue
            yield [*cells[:width], *nothing[len(cells) :]], None


def _why(error: str, lines: Sequence[str]) -> str:
    """Return what the csv module's `error` means to the person who wrote `lines`."""
    if "expected after" in error:
        return 'has text after a closing quote: a quote inside a cell in quotes is doubled ("")'
    if "new-line" in error:
        return "holds a carriage return in a cell: put the cell in quotes, or remove it"
    if "limit" in error and len(lines) == 1 and '"' not in lines[0]:
        return f"has a cell of more than {csv.field_size_limit()} characters"
    return _OPEN_QUOTE


def _swallows_rows(cells: Sequence[str], header: _Header) -> bool:
    """Return whether a line inside a cell looks like a row: then a quote was closed too late."""
    needed = len(header.names) - 1
    return needed >= _SEPARATORS_OF_A_ROW and any(
        line.count(header.separator) == needed for cell in cells for line in cell.splitlines()[1:-1]
    )


# ---- .xlsx ---------------------------------------------------------------------------------------

_UNSOUND = (
    zipfile.BadZipFile, zlib.error, python_calamine.CalamineError,
    EOFError, KeyError, NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip
_ERROR_CELL = re.compile(
    rb"""<(?:\w+:)?c\s([^>]*\bt=["']e["'][^>]*)>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)<""",
    re.DOTALL,
)
_FORMULA_WITHOUT_VALUE = re.compile(
    rb"""<(?:\w+:)?c\s([^>]*)>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"""
    rb"""(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?()\s*</(?:\w+:)?c>"""
)
_NumberedRow = tuple[int, list[str | None]]
_Unread = dict[int, dict[int, str]]
"""Row -> column (from 0) -> what a cell shows that has no value."""


def _read_xlsx(source: _Source) -> _Read:
    """Read the first visible sheet with content; its first row that is not blank is the header."""
    with _sound(source):
        with zipfile.ZipFile(source.path) as packed:
            if sum(part.file_size for part in packed.infolist()) > _LARGEST_WORKBOOK:
                raise source.refusal("The workbook unpacks to more than 8 GiB. Save it as .csv.")
            sheet = _sheet(source)
            unread = _unread_cells(packed, sheet.name)
        rows = enumerate([_cell_text(cell) for cell in row] for row in sheet.iter_rows())
        full = ((at, row) for at, row in rows if any(row) or at in unread)
        at, cells = next(full)
        names = _named([cell or "" for cell in cells], source, at + 1)
        cells_and_errors = _sheet_rows(full, names, unread, source)
        frame, count = _kept(_chunked(cells_and_errors, names), source)
    return frame, tuple(filter(None, names)), count, False


@contextmanager
def _sound(source: _Source) -> Iterator[None]:
    """Turn what the unpacker and the reader of workbooks raise, crashes included, into InputError."""
    try:
        yield
    except BaseException as error:
        crash = type(error).__name__ == "PanicException"  # of Rust, which no module exports
        if not crash and not isinstance(error, _UNSOUND):
            raise
        message = "This is no sound workbook, or only a part of one: save it again as .xlsx."
        raise source.refusal(message) from None


def _sheet(source: _Source) -> python_calamine.CalamineSheet:
    book = python_calamine.CalamineWorkbook.from_path(source.path)
    shown_first = sorted(
        (one for one in book.sheets_metadata if one.typ == python_calamine.SheetTypeEnum.WorkSheet),
        key=lambda one: one.visible != python_calamine.SheetVisibleEnum.Visible,
    )
    for one in shown_first:
        sheet = book.get_sheet_by_name(one.name)
        if any(any(cell != "" for cell in row) for row in sheet.iter_rows()):
            return sheet
    raise source.refusal("The workbook is empty: no header.")


def _sheet_rows(
    rows: Iterator[_NumberedRow], names: Sequence[str], unread: _Unread, source: _Source
) -> Iterator[_Row]:
    """Yield the rows below the header, and which of their cells have no value."""
    named = {i for i, name in enumerate(names) if name}
    for count, (at, cells) in enumerate(rows):
        if not count and len(named) == 1 and len([cell for cell in cells if cell]) > 1:
            message = (
                "The first row has one cell only, as a title has: let it hold the column names."
            )
            raise source.refusal(message, at)
        wrong = [
            f'column "{names[i]}" shows {what}'
            for i, what in sorted(unread.get(at, {}).items())
            if i in named
        ]
        yield cells, f"row {at + 1}: {'; '.join(wrong)}" if wrong else None


def _unread_cells(packed: zipfile.ZipFile, sheet: str) -> _Unread:
    """Return the cells with an error, and the formulas that no program has computed yet.

    Both are blank to the reader of workbooks, so they are looked for in the sheet itself.
    """
    found: _Unread = {}
    rest = b""
    with packed.open(_part_of(packed, sheet)) as part:
        while block := part.read(_BLOCK):
            text = rest + block
            cut = max(text.rfind(b"<row"), text.rfind(b":row "))
            whole, rest = (text[:cut], text[cut:]) if cut > 0 else (b"", text)
            _note_unread(whole, found)
    _note_unread(rest, found)
    return found


def _note_unread(text: bytes, found: _Unread) -> None:
    for sign, pattern in ((b"e", _ERROR_CELL), (b"f", _FORMULA_WITHOUT_VALUE)):
        if (
            (b't="e"' in text or b"t='e'" in text)
            if sign == b"e"
            else (b"<f" in text or b":f" in text)
        ):
            for cell in pattern.finditer(text):
                place = re.search(rb"""\br=["']([A-Z]+)(\d+)["']""", cell[1])
                if place is None:
                    raise ValueError(text)
                if sign == b"f" and re.search(rb"""\bt=["']str["']""", cell[1]):
                    continue  # a formula whose value is an empty text
                column = 0
                for letter in place[1]:
                    column = column * 26 + letter - 64
                what = cell[2].decode("utf-8", "replace")
                told = f"the error {what}" if what else "a formula that was never computed"
                found.setdefault(int(place[2]) - 1, {})[column - 1] = told


def _part_of(packed: zipfile.ZipFile, sheet: str) -> str:
    """Return the part of a workbook in which the cells of `sheet` are."""

    def attribute(tag: bytes, name: bytes) -> str:
        value = re.search(rb"""[\s:]%b=["']([^"']*)["']""" % name, tag)
        return html.unescape(value[1].decode()) if value else ""

    sheets = re.findall(rb"<(?:\w+:)?sheet\s[^>]*>", packed.read("xl/workbook.xml"))
    parts = re.findall(
        rb"<(?:\w+:)?Relationship\s[^>]*>", packed.read("xl/_rels/workbook.xml.rels")
    )
    ids = {attribute(tag, b"name"): attribute(tag, b"id") for tag in sheets}
    targets = {attribute(tag, b"Id"): attribute(tag, b"Target") for tag in parts}
    target = targets[ids[sheet]]
    return target[1:] if target.startswith("/") else f"xl/{target}"


def _cell_text(value: Any) -> str | None:
    """Return what a person reads in a cell of a sheet."""
    return _CELLS[type(value)](value) if value != "" else None


def _spreadsheet_number(value: float) -> str:
    return _figure(float(f"{value:.15g}"))  # a sheet shows no more digits, and computes with noise


def _moment(value: datetime) -> str:
    return (value.date() if value.time() == time() else value).isoformat()


_CELLS: Mapping[type, Callable[[Any], str]] = {
    str: str,
    bool: lambda value: "true" if value else "false",
    int: str,
    float: _spreadsheet_number,
    date: date.isoformat,
    datetime: _moment,
    time: time.isoformat,
    timedelta: str,
}


# ---- .parquet ------------------------------------------------------------------------------------


def _read_parquet(source: _Source) -> _Read:
    """Scan the file; nested columns become columns with dotted names, lists of text `;`-separated."""
    scan = pl.scan_parquet(source.path, glob=False, hive_partitioning=False)
    try:
        schema = scan.collect_schema()
        rows = scan.select(pl.len()).collect().item()
    except (*REFUSED, pl.exceptions.PolarsError) as error:
        what = str(error).partition("\n")[0]
        message = f"This is no sound .parquet file, or only a part of one ({what}). Save it again."
        raise source.refusal(message) from None
    flat = [
        leaf
        for i, (name, kind) in enumerate(schema.items())
        for leaf in _leaves(name, pl.nth(i), kind, source)
    ]
    names = _named([name for name, _ in flat], source, 1)
    chosen = [one.alias(name) for name, (_, one) in zip(names, flat, strict=True) if name]
    return scan.select(chosen), tuple(filter(None, names)), rows, False


def _leaves(
    name: str, column: pl.Expr, kind: pl.DataType | DataTypeClass, source: _Source
) -> Iterator[tuple[str, pl.Expr]]:
    """Yield the name and the values of a column, or of each field inside it."""
    match kind:
        case pl.Struct():
            for field in kind.fields:
                inside = column.struct.field(field.name)
                yield from _leaves(f"{name}.{field.name.strip()}", inside, field.dtype, source)
        case (
            pl.List(inner=pl.Struct() | pl.List() | pl.Array())
            | pl.Array(inner=pl.Struct() | pl.List() | pl.Array())
        ):
            message = (
                f"The column {shown(name)} is a list of structures. Give its figures as columns"
                " (materials.Pb), or the list as .jsonl."
            )
            raise source.refusal(message)
        case pl.List() | pl.Array():
            words = column.cast(pl.List(pl.String)).list.join(";")
            yield name, pl.when(words != "").then(words)
        case pl.String() | pl.Categorical() | pl.Enum():
            text = column.cast(pl.String)
            yield name, pl.when(text != "").then(text)
        case _:
            yield name, column


# ---- .jsonl --------------------------------------------------------------------------------------


def _read_jsonl(source: _Source) -> _Read:
    """Read one object a line; the columns are all keys of the file, in the order they come."""
    path, _ = _utf8(source)
    names: dict[str, None] = {}
    lower: dict[str, None] = {}
    frame, count = _kept(_jsonl_chunks(path, source, names, lower), source)
    if not names:
        raise source.refusal("No line of the file is a JSON object with a key.")
    columns = [by_name(name) for name in names]  # a column name, never a pattern for several
    bounds = [by_name(name).fill_null(value=False) for name in lower]
    return frame.select(*columns, *bounds, ROW_ERROR), tuple(names), count, False


def _jsonl_chunks(
    path: str, source: _Source, names: dict[str, None], lower: dict[str, None]
) -> Iterator[pl.DataFrame]:
    """Yield the objects of a file as frames of text, and collect the names of their columns."""
    with open(path, encoding="utf-8-sig", newline="\n") as opened:
        rows = (
            _object(line.rstrip(), number, source.rules)
            for number, line in enumerate(opened, start=1)
            if line.strip()
        )
        while chunk := list(islice(rows, _ROWS)):
            here = dict.fromkeys(name for facts, _, _ in chunk for name in facts)
            bounds = dict.fromkeys(name for _, more, _ in chunk for name in more)
            names.update(here)
            lower.update(bounds)
            if len(names) > _MOST_COLUMNS:
                message = f"The objects have more than {_MOST_COLUMNS} different keys."
                raise source.refusal(message)
            yield pl.DataFrame(
                [
                    *(pl.Series(n, [row.get(n) for row, _, _ in chunk], pl.String) for n in here),
                    *(
                        pl.Series(n, [n in more for _, more, _ in chunk], pl.Boolean)
                        for n in bounds
                    ),
                    pl.Series(ROW_ERROR, [error for _, _, error in chunk], pl.String),
                ]
            )


_Facts = dict[str, str | None]


class _Unusable(ValueError):
    """What is wrong with a line of JSON."""


def _object(line: str, number: int, rules: Rules) -> tuple[_Facts, frozenset[str], str | None]:
    """Return the facts of a line as text, the columns of its lower bounds, and what is wrong."""
    facts: _Facts = {}
    lower: frozenset[str] = frozenset()
    wrong: list[tuple[tuple[str | int, ...], str]] = []
    try:
        row = json.loads(line, object_pairs_hook=_once, parse_constant=_no_number)
        if not isinstance(row, dict):
            raise _Unusable(f"a JSON object was expected, but this is {shown(row)}")  # noqa: TRY301
        if "\\u" in line:
            json.dumps(row, ensure_ascii=False).encode()  # half a character cannot be written
        row.pop("$schema", None)  # for editors
        materials = row.pop("materials", None)
        _flatten("", row, facts)
        if materials is not None:
            reduced, bounds, _ = reduce_materials(materials, rules, wrong)
            lower = frozenset(f"{name}{AT_LEAST}" for name in bounds)
            for name, value in reduced.items():
                _put(name, _word(value), facts)
    except _Unusable as error:
        return {}, frozenset(), f"line {number}: {error}"
    except json.JSONDecodeError as error:
        return {}, frozenset(), f"line {number}, character {error.pos + 1}: no JSON: {error.msg}"
    except UnicodeEncodeError:
        return {}, frozenset(), f"line {number}: a \\u escape is half a character"
    except (ValueError, RecursionError):
        return {}, frozenset(), f"line {number}: a number is too long, or lists are nested too deep"
    told = [f"{'.'.join(map(str, path))}: {message}" for path, message in wrong]
    return facts, lower, f"line {number}: {' '.join(told)}" if told else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _Unusable(f"the key {shown(twice)} stands twice in one object: keep one of them")
    return row


def _no_number(word: str) -> Any:
    raise _Unusable(f"{word} is no number: leave the key out if you do not know")


def _flatten(above: str, row: Mapping[str, Any], facts: _Facts) -> None:
    for key, value in row.items():
        name = key.strip()
        if not name or _own(name):
            raise _Unusable(f"a key cannot be {shown(key)}")
        if isinstance(value, dict):
            _flatten(f"{above}{name}.", value, facts)
        else:
            _put(above + name, _word(value), facts)


def _put(name: str, word: str, facts: _Facts) -> None:
    if facts.get(name) and word:
        raise _Unusable(f"{shown(name)} is stated twice: keep one of them")
    facts[name] = word or facts.get(name)


def _word(value: Any) -> str:
    """Return a plain value as the text a cell would hold, "" for a blank one."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return _figure(value)
        case list() | tuple():
            words = [_word(item) for item in value if not isinstance(item, list)]
            if len(words) < len(value) or any(not word or ";" in word for word in words):
                raise _Unusable("a list holds something else than plain words")
            return ";".join(words)
    raise _Unusable(f"{shown(value)} is no plain value")


def _figure(value: float) -> str:
    """Return a number in its shortest form, without an exponent where that is readable."""
    text = repr(value)
    plain = f"{Decimal(text):f}" if _READABLE[0] <= abs(value) < _READABLE[1] else text
    return plain.removesuffix(".0")


_READERS: Mapping[str, Callable[[_Source], _Read]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".xlsx": _read_xlsx,
    ".parquet": _read_parquet,
    ".jsonl": _read_jsonl,
    ".ndjson": _read_jsonl,
}
