"""cncheck's column engine, asked for everything: duties, missing facts and next changes as well."""

from __future__ import annotations

from datetime import date

import polars as pl
from peers.columns import told
from peers.rails import Job

from cncheck import check_frame
from cncheck.model import Rules

LACKS = ""


def prepare(rules: Rules, frame: pl.DataFrame, as_of: date) -> Job:
    """Return the job of answering for every row of `frame`."""
    packs = [pack.id for pack in rules.packs]

    def judge(answers: pl.LazyFrame) -> pl.DataFrame:
        return answers.collect(engine="streaming")

    return Job(
        lambda: check_frame(frame.lazy(), as_of=as_of), judge, lambda found: told(found, packs)
    )
