"""See, before a text file is read, whether every line is a row by itself."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import NamedTuple

import polars as pl

from cncheck.load.lists.careful import Header
from cncheck.load.lists.source import BLOCK, REFUSED

_LINE_END = ord("\n")
_BLANK_FIRST = pl.Series(b"\r\n,;\t| \xc2\xe3", dtype=pl.UInt8)
"""How a row without content begins, and few others do."""
_MAY_BE_BLANK = re.compile(rb'\n(?:[\r\n,;\t| ]|"[" \t]|\xc2\xa0|\xe3\x80\x80)')


class Survey(NamedTuple):
    """What the lines of a file are like."""

    regular: bool
    """Every line is a row by itself, with no more cells than the header."""
    quoted: bool
    """There may be cells in quotes."""
    blank_rows: bool
    """There may be rows without content."""


def surveyed(path: str, header: Header) -> Survey:
    """Look at all lines below the header.

    Polars alone would not tell. It raises nothing at a row with too many cells, where one of the columns
    is not asked for. And where a quote is not closed, or text goes on behind one, it takes what follows
    for one cell, up to a quote many rows later. So cells with line breaks are for the careful reader.
    """
    blank = _evenness(path, header)
    if blank is not None:
        return Survey(regular=True, quoted=False, blank_rows=blank)
    return Survey(_match(path, header), quoted=True, blank_rows=_may_have_blank_rows(path))


def _evenness(path: str, header: Header) -> bool | None:
    """Return whether a row may be blank, if all have as many cells as the header, and no quote.

    Most files are so. To count separators takes half of what it takes to match each line.

    Returns:
        None where some row has other cells, or a quote.

    """
    look = partial(_look, separator=ord(header.separator), width=len(header.names))
    blank = False
    threads = pl.thread_pool_size()
    with open(path, "rb") as opened, ThreadPoolExecutor(threads) as pool:
        for _ in range(header.lines):
            opened.readline()
        blocks = iter(lambda: opened.read(BLOCK) + opened.readline(), b"")
        while some := list(islice(blocks, threads)):
            for found in pool.map(look, some):
                if found is None:
                    return None
                blank = blank or found
    return blank


def _look(block: bytes, *, separator: int, width: int) -> bool | None:
    """Return whether a line may be blank; None unless all have `width` cells, no quotes or stray CRs."""
    if b'"' in block or (b"\r" in block and block.count(b"\r") != block.count(b"\r\n")):
        return None
    block = block if block.endswith(b"\n") else block + b"\n"
    each = pl.Series([block], dtype=pl.Binary).bin.reinterpret(
        dtype=pl.Array(pl.UInt8, len(block)), endianness="little"
    )
    byte = each.explode()
    ends = byte == _LINE_END
    marks = ends.filter(ends | (byte == separator))
    if len(marks) != width * ends.sum() or not marks.gather_every(width, width - 1).all():
        return None
    first = byte.slice(1).filter(ends.slice(0, len(ends) - 1)).append(byte.head(1))
    return bool(first.is_in(_BLANK_FIRST.implode()).any())


def _may_have_blank_rows(path: str) -> bool:
    before = b""
    with open(path, "rb", buffering=0) as opened:
        while block := opened.read(BLOCK):
            if _MAY_BE_BLANK.search(before + block):
                return True
            before = block[-4:]
    return False


def _match(path: str, header: Header) -> bool:
    """Return whether every line is a row, cells in quotes and all."""
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
