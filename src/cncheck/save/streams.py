"""Write what Polars streams: CSV and TSV, Parquet, JSONL."""

from __future__ import annotations

from typing import BinaryIO

import polars as pl
from polars import selectors as cs
from polars.io.plugins import register_io_source

from cncheck.save.forms import ISO_TIMES, Batches, Schema
from cncheck.save.formulas import escape, escaped_names, holds_formulas


def _sink(batches: Batches, schema: Schema) -> pl.LazyFrame:
    return register_io_source(lambda *_pushed_down: batches, schema=pl.Schema(schema))


def write_csv(
    batches: Batches, schema: Schema, file: BinaryIO, raw: bool, *, separator: str
) -> int:
    """Write text with a header; unless `raw`, formulas are escaped."""
    careless = [name for name, dtype in schema.items() if holds_formulas(dtype)]
    header, escaped = (list(schema), 0) if raw else escaped_names(list(schema))

    def plain(batch: pl.DataFrame) -> pl.DataFrame:
        ready = batch.with_columns(*ISO_TIMES, cs.by_name(careless).cast(pl.String))
        ready.columns = header
        return ready.with_columns(cs.string().replace("", None))

    def prepared() -> Batches:
        nonlocal escaped
        for batch in batches:
            ready = plain(batch)
            if not raw:
                ready, count = escape(ready)
                escaped += count
            yield ready

    told = plain(pl.DataFrame(schema=schema)).schema
    _sink(prepared(), told).sink_csv(file, separator=separator)
    return escaped


def write_parquet(batches: Batches, schema: Schema, file: BinaryIO, _raw: bool) -> int:
    """Write Parquet, with row groups small enough to be written in bounded memory."""
    _sink(batches, schema).sink_parquet(file, row_group_size=1 << 16)
    return 0


def write_jsonl(batches: Batches, schema: Schema, file: BinaryIO, _raw: bool) -> int:
    """Write one JSON object a line."""
    told = pl.DataFrame(schema=schema).with_columns(*ISO_TIMES).schema
    ready = (batch.with_columns(*ISO_TIMES) for batch in batches)
    _sink(ready, told).sink_ndjson(file)
    return 0
