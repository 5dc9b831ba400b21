"""datalogic-py: JSONLogic, one compiled rule that returns the verdicts of all packs, row by row.

Rows become handles by way of JSON and are judged in one batch call: the fastest of its ways.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import polars as pl
from datalogic_py import DataHandle, Engine
from peers.rails import (
    APPLIES,
    DOES_NOT,
    UNDETERMINED,
    All,
    Atom,
    Job,
    Logic,
    Missing,
    plain,
    stated,
    translate,
)

from cncheck.model import Rules

LACKS = "unknown, what is missing, reasons, duties; dates went in as numbers"


def prepare(rules: Rules, frame: pl.DataFrame, as_of: date) -> Job:
    """Return the job of judging every row of `frame`."""
    ready = plain(rules, frame, as_of)
    verdicts = translate(rules, ready)
    names = {name: f"c{i}" for i, name in enumerate(ready.columns)}  # a dot would be a path
    engine = Engine()
    rule = engine.compile(
        [
            {"if": [_json(yes, names), APPLIES, _json(no, names), DOES_NOT, UNDETERMINED]}
            for yes, no in verdicts.values()
        ]
    )

    def feed() -> list[DataHandle]:
        rows = stated(plain(rules, frame, as_of), names).write_ndjson().splitlines()
        return [DataHandle(row) for row in rows]

    def judge(rows: list[DataHandle]) -> list[Any]:
        with engine.session() as session:
            return session.evaluate_batch(rule, rows)

    def told(answers: list[Any]) -> dict[str, bytes]:
        codes = zip(*map(json.loads, answers), strict=True)
        return dict(zip(verdicts, map(bytes, codes), strict=True))

    return Job(feed, judge, told)


def _json(logic: Logic, names: dict[str, str]) -> Any:
    if isinstance(logic, bool):
        return logic
    if isinstance(logic, Missing):
        return {"===": [{"var": names[logic.fact]}, None]}
    if not isinstance(logic, Atom):
        join = "and" if isinstance(logic, All) else "or"
        return {join: [_json(part, names) for part in logic.parts]}
    value = {"var": names[logic.fact]}
    if logic.relation == "in":
        return _in(value, logic.operand)
    stated = {"!==": [value, None]}
    if logic.relation == "not_in":
        return {"and": [stated, {"!": _in(value, logic.operand)}]}
    return {"and": [stated, {logic.relation: [value, logic.operand]}]}


def _in(value: Any, operand: tuple[Any, ...]) -> Any:
    if len(operand) == 1:
        return {"===": [value, operand[0]]}
    return {"in": [value, list(operand)]}
