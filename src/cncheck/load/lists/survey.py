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


class Survey(NamedTuple):
    """What the lines of a file are like."""

    regular: bool
    """Every line is a row by itself, with no more cells than the header."""
    quoted: bool
    """There may be cells in quotes."""


def surveyed(path: str, header: Header) -> Survey:
    """Look at all lines below the header.

    Polars alone would not tell. It raises nothing at a row with too many cells, where one of the columns
    is not asked for. And where a quote is not closed, or text goes on behind one, it takes what follows
    for one cell, up to a quote many rows later. So cells with line breaks are for the careful reader.
    """
    if _are_even(path, header):
        return Survey(regular=True, quoted=False)
    return Survey(_match(path, header), quoted=True)


def _are_even(path: str, header: Header) -> bool:
    """Return whether all lines have as many cells as the header, and no quote: most files are so.

    To count separators takes half of what it takes to match each line.
    """
    even = partial(_is_even, separator=ord(header.separator), width=len(header.names))
    threads = pl.thread_pool_size()
    with open(path, "rb") as opened, ThreadPoolExecutor(threads) as pool:
        for _ in range(header.lines):
            opened.readline()
        blocks = iter(lambda: opened.read(BLOCK) + opened.readline(), b"")
        while some := list(islice(blocks, threads)):
            if not all(pool.map(even, some)):
                return False
    return True


def _is_even(block: bytes, *, separator: int, width: int) -> bool:
    """Return whether the lines of `block` have `width` cells each, and neither quotes nor stray CRs."""
    if b'"' in block or (b"\r" in block and block.count(b"\r") != block.count(b"\r\n")):
        return False
    block = block if block.endswith(b"\n") else block + b"\n"
    each = pl.Series([block], dtype=pl.Binary).bin.reinterpret(
        dtype=pl.Array(pl.UInt8, len(block)), endianness="little"
    )
    byte = each.explode()
    ends = byte == _LINE_END
    marks = ends.filter(ends | (byte == separator))
    return len(marks) == width * ends.sum() and bool(marks.gather_every(width, width - 1).all())


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
