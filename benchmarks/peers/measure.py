"""Let one engine judge a list in memory: `python benchmarks/peers/measure.py ENGINE LIST ...`.

Prints JSON: the seconds of reading the list and of judging it, peak memory, and the verdicts as
counts of all rows, and as counts and digests of the first ones, which every engine judges.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import resource
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import polars as pl
from peers.rails import VERDICTS, Job, complete, sayable

from cncheck.load.rules import load_rules

OURS = ("columns", "whole", "scalar")


def measure(engine: str, frame: pl.DataFrame, shared: int, as_of: date) -> dict[str, object]:
    """Return what `engine` needed for the rows of `frame`, and which verdicts it found."""
    module = importlib.import_module(f"peers.{engine}")
    rules = sayable(load_rules())
    _run(module.prepare(rules, frame.head(shared), as_of))  # warms what is made once
    job = module.prepare(rules, frame, as_of)
    feed, judge, found = _run(job)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    verdicts = job.told(found)
    first = {pack: codes[:shared] for pack, codes in verdicts.items()}
    return {
        "rows": frame.height, "feed": feed, "judge": judge, "peak": peak, "lacks": module.LACKS,
        "counts": {pack: counts(codes) for pack, codes in verdicts.items()},
        "shared": {pack: counts(codes) for pack, codes in first.items()},
        "digest": {pack: hashlib.sha256(codes).hexdigest() for pack, codes in first.items()},
    }  # fmt: skip


def _run(job: Job) -> tuple[float, float, Any]:
    """Return the seconds of feeding and of judging, and what was found."""
    begin = time.perf_counter()
    fed = job.feed()
    between = time.perf_counter()
    found = job.judge(fed)
    return between - begin, time.perf_counter() - between, found


def counts(codes: bytes) -> dict[str, int]:
    """Return how many rows have each verdict."""
    return {verdict: codes.count(code) for code, verdict in enumerate(VERDICTS)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Let one engine judge a list in memory.")
    parser.add_argument("engine")
    parser.add_argument("list", help="a Parquet file")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument(
        "--shared", type=int, required=True, help="rows whose verdicts are compared"
    )
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument(
        "--folded", action="store_true", help="drop what the list has no column for"
    )
    a = parser.parse_args()
    rows = pl.scan_parquet(a.list).head(a.rows).collect()
    # cncheck itself takes lists as they are: the day it is told, and what they lack, it drops.
    if a.engine not in OURS:
        rows = rows.with_columns(pl.lit(a.as_of).alias("as_of"))
        rows = rows if a.folded else complete(sayable(load_rules()), rows)
    json.dump(measure(a.engine, rows, a.shared, a.as_of), sys.stdout)
