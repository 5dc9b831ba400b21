"""cncheck's own scalar evaluator, the definition: the whole answer for one product after another."""

from __future__ import annotations

from datetime import date

import polars as pl
from peers.rails import Job

from cncheck.evaluate import evaluate
from cncheck.model import Product, ProductReport, Rules

LACKS = ""
_CODES = {"applies": 0, "does_not_apply": 1, "undetermined": 2}


def prepare(rules: Rules, frame: pl.DataFrame, as_of: date) -> Job:
    """Return the job of judging every row of `frame`, typed and in memory."""
    roles = pl.col("roles").str.split(";")
    known = frame.select(name for name in frame.columns if name in rules.facts)

    def feed() -> list[Product]:
        rows = known.with_columns(roles).iter_rows(named=True)
        stated = ({fact: value for fact, value in row.items() if value is not None} for row in rows)
        return [Product(row["id"], "", row) for row in stated]

    def judge(products: list[Product]) -> list[ProductReport]:
        return [evaluate(product, rules, as_of) for product in products]

    def told(reports: list[ProductReport]) -> dict[str, bytes]:
        codes = ([_CODES[finding.verdict] for finding in report.findings] for report in reports)
        ids = (pack.id for pack in rules.packs)
        return dict(zip(ids, map(bytes, zip(*codes, strict=True)), strict=True))

    return Job(feed, judge, told)
