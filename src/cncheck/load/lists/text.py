"""Read .csv and .tsv: by Polars where every line is a row of its own, else row by row."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

import polars as pl
from polars.selectors import by_name

from cncheck.load.lists.careful import Header, careful_rows
from cncheck.load.lists.chunks import kept_rows
from cncheck.load.lists.encoding import LONGEST_HEADER, utf8
from cncheck.load.lists.kinds import DESCRIPTOR
from cncheck.load.lists.source import EMPTY, Read, Source, named
from cncheck.load.lists.survey import Survey, surveyed

_SEPARATORS = (",", ";", "\t", "|")


def read_csv(source: Source) -> Read:
    """Read a text file; rows without content are left out.

    Raises:
        InputError: it cannot be decoded, has no lines, or no header that names columns.

    """
    path = utf8(source)
    header = _header(source, path)
    survey = None if source.careful else surveyed(path, header)
    if survey is None or not survey.regular:
        return kept_rows(careful_rows(path, header), header.names, source, careful=True)
    return _at_once(path, header, survey)


def _at_once(path: str, header: Header, survey: Survey) -> Read:
    """Read a list whose every line is a row by itself."""
    # A name never holds a line break: columns without one are called so until they are dropped.
    names = [name or f"\n{i}" for i, name in enumerate(header.names)]
    frame = pl.scan_csv(
        path, has_header=False, skip_lines=header.lines, separator=header.separator,
        schema=dict.fromkeys(names, pl.String), missing_columns="insert", glob=False,
        null_values="" if survey.quoted else None,  # without quotes, blank cells are null anyway
    )  # fmt: skip
    if survey.blank_rows:  # this looks at every column, also at those nobody asks for
        frame = frame.filter(pl.any_horizontal(pl.all().str.strip_chars() != ""))
    columns = tuple(filter(None, header.names))
    return Read(frame.select(by_name(*columns)), columns)


# ---- the header ----------------------------------------------------------------------------------


def _header(source: Source, path: str) -> Header:
    with open(path, encoding="utf-8-sig", newline="\n") as opened:
        text = opened.read(LONGEST_HEADER)
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if line.strip()), 0)
    told = re.fullmatch(r'"?sep=([,;|\t])"?\r?', lines[start])
    if told:
        start += 1  # what Excel writes, and reads, above the header
    if start >= len(lines) - 1 and len(text) == LONGEST_HEADER:
        message = "The header line has more than 1 MiB. Is this a list with a row on each line?"
        raise source.refusal(message, start + 1)
    if not "".join(lines[start:]).strip():
        raise source.refusal(EMPTY)
    separator = told[1] if told else _separator(lines[start : start + 20])
    reader = csv.reader((f"{line}\n" for line in lines[start:]), delimiter=separator, strict=True)
    try:
        cells = next(reader)
    except csv.Error:
        message = "The header opens a quote that is not closed, or holds a quote inside a name."
        raise source.refusal(message, start + 1) from None
    _refuse_no_table(source, cells, start + 1)
    return Header(named(cells, source.file, start + 1), separator, start + reader.line_num)


def _separator(lines: Sequence[str]) -> str:
    """Return the separator that the header has; of several, the one that the rows have as often."""
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines]

    def fit(separator: str) -> tuple[int, int]:
        width = bare[0].count(separator)
        return (sum(line.count(separator) == width for line in bare) if width else 0), width

    return max(_SEPARATORS, key=fit)


def _refuse_no_table(source: Source, cells: Sequence[str], line: int) -> None:
    """Raise InputError where the first line is one of a descriptor or of JSON."""
    first = cells[0].strip() if cells else ""
    if first[:1] in ("{", "["):
        raise source.refusal("This is JSON. A list has one object a line and ends in .jsonl.", line)
    if len(cells) == 1 and (first == "---" or re.match(r"[\w$]+:(\s|$)", first)):
        raise source.refusal(DESCRIPTOR, line)
