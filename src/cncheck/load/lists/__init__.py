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

import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import polars as pl

from cncheck.load.folders import files_below
from cncheck.load.lists.jsonl import read_jsonl
from cncheck.load.lists.kinds import NOT_READ, kind_of, refuse_other_content
from cncheck.load.lists.parquet import read_parquet
from cncheck.load.lists.sheet import read_xlsx
from cncheck.load.lists.source import BLOCK, REFUSED, Read, Source
from cncheck.load.lists.text import read_csv
from cncheck.load.yamlfile import near_files, shown_path
from cncheck.model import AT_LEAST, Problem, Rules
from cncheck.problems import InputError

__all__ = ["AT_LEAST", "ENDINGS", "REFUSED", "TextList", "open_lists"]

_READERS: Mapping[str, Callable[[Source], Read]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".xlsx": read_xlsx,
    ".parquet": read_parquet,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
}
ENDINGS = tuple(_READERS)
"""How the names of lists end, in lower case."""
_LEFT_OUT = (".", "~$")
"""Hidden files, and what a spreadsheet program leaves beside a workbook it has open."""
_STDIN = "-"


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


def open_lists(
    paths: Iterable[str],
    rules: Rules,
    scratch: str,
    stdin: Callable[[int], bytes],
    *,
    careful: bool = False,
    refused: list[Problem] | None = None,
) -> tuple[TextList, ...]:
    """Open the lists of `paths`, each once, in the order given.

    Args:
        paths: files; folders, for all lists inside; "-" for what `stdin` reads.
        rules: the vocabulary that `materials` in .jsonl files are reduced by.
        scratch: a folder for intermediate files, which must outlive the frames.
        stdin: reads up to so many bytes of standard input; its kind is seen by its content.
        careful: read text files row by row even where they look regular.
        refused: filled with what is wrong with files that cannot be used, if there are others.

    Raises:
        InputError: what is wrong with the files, if none can be used or `refused` is not given.

    """
    lists: list[TextList] = []
    problems: list[Problem] = []
    for path in dict.fromkeys(_found(paths, problems)):
        source = Source(path, _shown(path), rules, scratch, careful)
        try:
            lists.append(_opened(source, stdin))
        except InputError as error:
            problems.extend(error.problems)
    if problems and (refused is None or not lists):
        raise InputError(problems)
    if refused is not None:
        refused += problems
    return tuple(lists)


# ---- finding files -------------------------------------------------------------------------------


def _found(paths: Iterable[str], problems: list[Problem]) -> Iterator[str]:
    """Yield "-" or the absolute path of each file; absolute, so that none reads as an address."""
    for path in paths:
        if path in (_STDIN, ""):
            yield path
        elif not os.path.isdir(path):
            yield os.path.abspath(path)
        elif inside := list(
            files_below(os.path.abspath(path), ENDINGS, _LEFT_OUT, problems, _shown)
        ):
            yield from inside
        else:
            message = f"No list in this folder: looked for {', '.join(ENDINGS)}."
            problems.append(Problem(message, shown_path(path)))


def _ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _shown(path: str) -> str:
    """Return an absolute path as messages show it: short where it is below this folder."""
    if path == _STDIN:
        return "<stdin>"
    here = os.path.join(os.getcwd(), "")
    return shown_path(path.removeprefix(here)) or '""'


# ---- opening one ---------------------------------------------------------------------------------


def _opened(source: Source, stdin: Callable[[int], bytes]) -> TextList:
    given = source.path
    try:
        if given == _STDIN:
            source = source._replace(path=_copied(stdin, source.scratch))
        found = _READERS[_checked(source, is_named=given != _STDIN)](source)
        size = os.path.getsize(source.path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        hint = near_files(given) if isinstance(error, FileNotFoundError) else ""
        raise source.refusal(f"Cannot read the file: {reason}.{hint}") from None
    return TextList(source.file, found.frame, found.columns, found.rows, size, found.careful)


def _copied(stdin: Callable[[int], bytes], scratch: str) -> str:
    handle, path = tempfile.mkstemp(dir=scratch, prefix="stdin-")
    with os.fdopen(handle, "wb") as copy:
        while block := stdin(BLOCK):
            copy.write(block)
    return path


def _checked(source: Source, *, is_named: bool) -> str:
    """Return the ending of a file, by content where it has no name.

    Raises:
        InputError: it is no file, of no known kind, or has the content of another one.
        OSError: it cannot be read.

    """
    ending = _ending(source.path)
    if not stat.S_ISREG(os.stat(source.path).st_mode):
        message = "This is a pipe or a device, a file was expected. Give it on standard input: -"
        raise source.refusal(message)
    if is_named and ending not in ENDINGS:
        message = NOT_READ.get(ending, f'"{ending}" is no kind of list that can be read.')
        raise source.refusal(f"{message} Lists end in {', '.join(ENDINGS)}.")
    with open(source.path, "rb") as opened:
        head = opened.read(16)
    kind = ending if is_named else kind_of(head)
    refuse_other_content(source, kind, head)
    return kind
