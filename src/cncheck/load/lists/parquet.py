"""Read .parquet, and make nested columns plain: what a cell of a list can hold."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from polars.datatypes import DataTypeClass

from cncheck.load.lists.source import Read, Source, named
from cncheck.load.values import shown
from cncheck.model import SEPARATOR, Problem
from cncheck.problems import InputError, one_line


def read_parquet(source: Source) -> Read:
    """Scan a file, flattened.

    Raises:
        InputError: it is no sound file, or has columns that cannot be flattened.

    """
    scan = pl.scan_parquet(source.path, glob=False, hive_partitioning=False)
    try:
        scan.collect_schema()
        rows = scan.select(pl.len()).collect().item()
    except pl.exceptions.PolarsError as error:
        what = str(error).partition("\n")[0]
        message = f"This is no sound .parquet file, or only a part of one ({what}). Save it again."
        raise source.refusal(message) from None
    frame = flattened(scan, source.file, line=1)
    return Read(frame, tuple(frame.collect_schema()), rows)


def flattened(frame: pl.LazyFrame, file: str = "", *, line: int | None = None) -> pl.LazyFrame:
    """Return a frame with the columns that a list has.

    Fields of structures become columns with dotted names (`evidence.rohs.route`), lists of words
    become text with `;` between them, categories become text, and text without content null. Other
    types stay as they are. Blanks around names are cut off; columns without a name are left out.

    Args:
        frame: any frame.
        file: where it comes from, for messages.
        line: the line that names its columns there, if any.

    Raises:
        InputError: a column is a list of structures, a name stands twice, or there is none.

    """
    flat = [
        leaf
        for i, (name, kind) in enumerate(frame.collect_schema().items())
        for leaf in _leaves(name, pl.nth(i), kind, file)
    ]
    names = named([name for name, _ in flat], file, line)
    return frame.select(
        column.alias(name) for name, (_, column) in zip(names, flat, strict=True) if name
    )


def _leaves(
    name: str, column: pl.Expr, kind: pl.DataType | DataTypeClass, file: str
) -> Iterator[tuple[str, pl.Expr]]:
    """Yield the name and the values of a column, or of each field inside it."""
    match kind:
        case pl.Struct():
            for field in kind.fields:
                inside = column.struct.field(field.name)
                yield from _leaves(f"{name}.{field.name.strip()}", inside, field.dtype, file)
        case pl.List() | pl.Array() if kind.inner.is_nested():
            message = (
                f"The column {shown(name)} is a list of structures. Give its figures as columns"
                " (materials.Pb), or the list as .jsonl."
            )
            raise InputError([Problem(one_line(message), file)])
        case pl.List() | pl.Array():
            yield name, _text(column.cast(pl.List(pl.String)).list.join(SEPARATOR))
        case pl.String() | pl.Categorical() | pl.Enum():
            yield name, _text(column.cast(pl.String))
        case _:
            yield name, column


def _text(column: pl.Expr) -> pl.Expr:
    return pl.when(column != "").then(column)
