"""The least that any checker does: `python benchmarks/floor.py LIST LIKE OUT`.

Polars reads LIST lazily, drops blank rows and streams its key columns to OUT together with columns
like those of LIKE, a real output of cncheck for such a list. Their cells are taken from the first
rows of LIKE and dealt out by row number, so that number, types, nulls, distinct values and lengths
are those of the real output, and no rule is asked.
"""

from __future__ import annotations

import sys

import polars as pl

_SAMPLE = 1 << 17  # rows of the real output that are dealt out


def floor(source: str, like: str, out: str) -> None:
    """Write to `out` what `like` looks like for the rows of `source`."""
    frame = _read(source)
    sample = pl.scan_parquet(like).head(_SAMPLE).collect()
    keys = [name for name in sample.columns if name in frame.collect_schema()]
    row = pl.col("row") % sample.height
    blank = pl.all_horizontal(pl.all().is_null())  # asks every column, as a checker has to
    frame.filter(~blank).with_row_index("row").select(
        pl.col(name) if name in keys else _dealt(sample[name], row) for name in sample.columns
    ).sink_parquet(out)


def _read(source: str) -> pl.LazyFrame:
    if source.endswith(".parquet"):
        return pl.scan_parquet(source)
    return pl.scan_csv(source, try_parse_dates=True, infer_schema_length=1000)


def _dealt(values: pl.Series, row: pl.Expr) -> pl.Expr:
    return row.map_batches(values.gather, return_dtype=values.dtype, is_elementwise=True).alias(
        values.name
    )


if __name__ == "__main__":
    floor(*sys.argv[1:4])
