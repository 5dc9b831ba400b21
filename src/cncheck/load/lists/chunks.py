"""Keep what was read in the scratch folder, a chunk at a time: memory stays bounded."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import TypeVar

import polars as pl

from cncheck.load.lists.source import Read, Source
from cncheck.model import ROW_ERROR

ROWS = 20_000
"""How many rows a chunk has: some MB of Python objects."""
_READABLE = (1e-6, 1e18)  # figures that are written without an exponent

Row = tuple[Sequence[str | None], str | None]
"""The cells of a row, and why it could not be read."""
_T = TypeVar("_T")


def chunked(rows: Iterator[_T]) -> Iterator[list[_T]]:
    """Yield `rows` in lists of `ROWS`."""
    while chunk := list(islice(rows, ROWS)):
        yield chunk


def kept_rows(
    rows: Iterator[Row], names: Sequence[str], source: Source, *, careful: bool = False
) -> Read:
    """Read all `rows` now; of their cells, those are kept whose column has a name."""
    frame, count = kept(_frames(rows, names), source)
    return Read(frame, tuple(filter(None, names)), count, careful)


def _frames(rows: Iterator[Row], names: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Yield rows as frames of text with `ROW_ERROR`, first one that has nothing but columns."""
    at = {name: i for i, name in enumerate(names) if name}
    yield pl.DataFrame(schema=dict.fromkeys((*at, ROW_ERROR), pl.String))
    for chunk in chunked(rows):
        columns = list(zip(*(cells for cells, _ in chunk), strict=True))
        text = pl.DataFrame([pl.Series(name, columns[i], pl.String) for name, i in at.items()])
        errors = pl.Series(ROW_ERROR, [error for _, error in chunk], pl.String)
        yield text.with_columns(pl.when(pl.all() != "").then(pl.all())).with_columns(errors)


def kept(chunks: Iterable[pl.DataFrame], source: Source) -> tuple[pl.LazyFrame, int]:
    """Return `chunks`, written to the scratch folder as they come, as one frame, and its rows.

    A column that a chunk lacks is null there.

    Raises:
        InputError: the scratch folder cannot be written to.

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


def figure(value: float) -> str:
    """Return a number in its shortest form, without an exponent where that is readable."""
    text = repr(value)
    plain = f"{Decimal(text):f}" if _READABLE[0] <= abs(value) < _READABLE[1] else text
    return plain.removesuffix(".0")
