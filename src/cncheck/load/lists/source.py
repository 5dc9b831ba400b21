"""What the readers of all kinds share: the file they read, what they return, the names of columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from cncheck.load.values import shown
from cncheck.model import AT_LEAST, ROW_ERROR, Problem, Rules
from cncheck.problems import InputError, one_line

REFUSED = (pl.exceptions.ComputeError, pl.exceptions.SchemaError)
"""What Polars raises at text it cannot read; running a frame may, at a .parquet with damaged pages."""
EMPTY = "The file is empty: no header."
BLOCK = 1 << 20
"""How many bytes are read at once."""
MOST_COLUMNS = 16_384
"""What a sheet of a spreadsheet can have."""


class Source(NamedTuple):
    """A file to read, and what reading it takes.

    Attributes:
        path: where it lies.
        file: its name, as messages show it.
        rules: the vocabulary that `materials` in .jsonl files are reduced by.
        scratch: a folder for intermediate files.
        careful: read text row by row even where it looks regular.

    """

    path: str
    file: str
    rules: Rules
    scratch: str
    careful: bool

    def refusal(self, message: str, line: int | None = None) -> InputError:
        """Return the error that says why the file cannot be used."""
        return InputError([Problem(one_line(message), self.file, line)])


class Read(NamedTuple):
    """What a reader returns, as `TextList` has it."""

    frame: pl.LazyFrame
    columns: tuple[str, ...]
    rows: int | None = None
    careful: bool = False


def named(cells: Sequence[str], file: str, line: int | None) -> tuple[str, ...]:
    """Return the column names of a header: blanks around them cut off, "" where a name is blank.

    Args:
        cells: the header as it was read.
        file: its file, for messages.
        line: its line there, if it has one.

    Raises:
        InputError: a name stands twice or is one of ours, there is none, or there are too many.

    """
    bare = (cell.strip("\ufeff \t\r\n\xa0\u3000") for cell in cells)
    names = tuple(re.sub(r"\s*[\r\n]+\s*", " ", cell) for cell in bare)
    if wrong := _wrong(names):
        raise InputError(Problem(one_line(message), file, line) for message in wrong)
    return names


def _wrong(names: Sequence[str]) -> list[str]:
    if not any(names):
        return ["The header names no column: its first row must hold the names."]
    if len(names) > MOST_COLUMNS:
        return [f"The header has {len(names)} columns, more than {MOST_COLUMNS}."]
    places: dict[str, list[str]] = {}
    for i, name in enumerate(names, start=1):
        if name:
            places.setdefault(name, []).append(str(i))
    twice = [
        f"{shown(name)} names the columns {', '.join(at)}: keep one, or rename them."
        for name, at in places.items()
        if len(at) > 1
    ]
    ours = [f"{shown(name)} is a name of cncheck's own: rename it." for name in places if own(name)]
    return twice + ours


def own(name: str) -> bool:
    """Return whether a column of this name is one that the doors add."""
    return name == ROW_ERROR or name.endswith(AT_LEAST)
