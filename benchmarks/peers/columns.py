"""cncheck's column engine, asked for the verdicts alone: the job the peers do."""

from __future__ import annotations

from datetime import date

import polars as pl
from peers.rails import Job

from cncheck import check_frame
from cncheck.model import VERDICTS, Rules

LACKS = ""
_CODES = {verdict: code for code, verdict in enumerate(VERDICTS.values())}


def prepare(rules: Rules, frame: pl.DataFrame, as_of: date) -> Job:
    """Return the job of judging every row of `frame`."""
    packs = [pack.id for pack in rules.packs]

    def feed() -> pl.LazyFrame:
        return check_frame(frame.lazy(), as_of=as_of)

    def judge(answers: pl.LazyFrame) -> pl.DataFrame:
        return answers.select(packs).collect(engine="streaming")

    return Job(feed, judge, lambda found: told(found, packs))


def told(found: pl.DataFrame, packs: list[str]) -> dict[str, bytes]:
    """Return the verdicts in the answer of cncheck, a byte a row."""
    words = pl.col(packs).cast(pl.String).replace_strict(_CODES, return_dtype=pl.UInt8)
    return {codes.name: bytes(codes.to_list()) for codes in found.select(words)}
