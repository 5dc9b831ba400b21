"""Read text row by row, so that a bad row keeps its place, hides no other and says what is wrong."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from cncheck.load.lists.chunks import Row

_OPEN_QUOTE = 'opens a quote (") that is not closed in its cell: close it, or double it if it is part of the text'
_SEPARATORS_OF_A_ROW = 3  # a sentence may have as many commas as a row with fewer cells
_CALLED = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


class Header(NamedTuple):
    """How the rows of a text file are to be read."""

    names: tuple[str, ...]
    separator: str
    lines: int
    """How many lines of the file come before its first row."""


class _Lines:
    """The lines of a file; those of a row that cannot be read are given back, but for its first."""

    def __init__(self, lines: Iterator[str], before: int) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.number = before + 1
        """The line on which the row begins that has `taken` lines so far."""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        return line

    def begin_row(self) -> None:
        self.number += len(self.taken)
        self.taken = []

    def give_back(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def careful_rows(path: str, header: Header) -> Iterator[Row]:
    """Yield every row of a text file that is not blank, with what is wrong with it.

    Args:
        path: a file with UTF-8 text.
        header: what its header says.

    """
    nothing = (None,) * len(header.names)
    with open(path, encoding="utf-8-sig", newline="\n") as opened:
        lines = _Lines(islice(opened, header.lines, None), header.lines)
        # The csv module gives what is wrong with one row, and goes on with the next line it is given.
        reader = csv.reader(lines, delimiter=header.separator, strict=True)
        while True:
            lines.begin_row()
            cells, wrong = _next_row(reader, lines, header)
            if cells is None:
                return
            if wrong:
                yield nothing, f"line {lines.number} {wrong}"
            elif "".join(cells).strip():
                yield (*cells[: len(nothing)], *nothing[len(cells) :]), None


def _next_row(
    reader: Iterator[list[str]], lines: _Lines, header: Header
) -> tuple[list[str] | None, str]:
    """Return the cells of a row, None at the end of the file, and what is wrong with it or ""."""
    try:
        cells = next(reader, None)
    except csv.Error as error:
        wrong = _why(str(error), lines.taken)
    else:
        if cells is None or not _swallows_rows(cells, header):
            return cells, _too_many(cells or (), header)
        wrong = _OPEN_QUOTE
    lines.give_back()
    return [], wrong


def _why(error: str, lines: Sequence[str]) -> str:
    """Return what the csv module's `error` means to the person who wrote `lines`."""
    if "expected after" in error:
        return 'has text after a closing quote: a quote inside a cell in quotes is doubled ("")'
    if "new-line" in error:
        return "holds a carriage return in a cell: put the cell in quotes, or remove it"
    if "limit" in error and len(lines) == 1 and '"' not in lines[0]:
        return f"has a cell of more than {csv.field_size_limit()} characters"
    return _OPEN_QUOTE


def _swallows_rows(cells: Sequence[str], header: Header) -> bool:
    """Return whether a line inside a cell looks like a row: then a quote was closed too late."""
    needed = len(header.names) - 1
    return needed >= _SEPARATORS_OF_A_ROW and any(
        line.count(header.separator) == needed for cell in cells for line in cell.splitlines()[1:-1]
    )


def _too_many(cells: Sequence[str], header: Header) -> str:
    width = len(header.names)
    if not "".join(cells[width:]).strip():
        return ""
    return (
        f"has {len(cells)} cells, the header has {width}:"
        f" is a cell with a {_CALLED[header.separator]} not in quotes?"
    )
