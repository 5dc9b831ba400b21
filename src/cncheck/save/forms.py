"""What the writers of all forms share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl
from polars import selectors as cs

Batches = Iterator[pl.DataFrame]
Schema = Mapping[str, pl.DataType]

ISO_TIMES = (
    cs.datetime(time_zone=None).dt.strftime("%Y-%m-%dT%H:%M:%S%.f"),
    cs.datetime(time_zone="*").dt.strftime("%Y-%m-%dT%H:%M:%S%.f%:z"),
    cs.time().dt.strftime("%H:%M:%S%.f"),
    cs.duration().dt.to_string("iso"),
)


class Unfit(Exception):
    """Something that this form of file cannot hold, though another one can."""

    def __init__(self, message: str, instead: str) -> None:
        super().__init__(message)
        self.instead = instead
