"""zen-engine: one compiled expression that returns the verdicts of all packs, row by row.

Its decision tables (JDM) cost several times as much a row as its expressions do.
"""

from __future__ import annotations

import json
from datetime import date

import polars as pl
import zen
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
    names = {name: f"c{i}" for i, name in enumerate(ready.columns)}
    written = [
        f"({_text(yes, names)} ? {APPLIES} : {_text(no, names)} ? {DOES_NOT} : {UNDETERMINED})"
        for yes, no in verdicts.values()
    ]
    expression = zen.compile_expression(f"[{', '.join(written)}]")

    def feed() -> list[dict[str, object]]:
        return stated(plain(rules, frame, as_of), names).to_dicts()

    def judge(rows: list[dict[str, object]]) -> list[list[float]]:
        return [expression.evaluate(row) for row in rows]

    def told(answers: list[list[float]]) -> dict[str, bytes]:
        codes = zip(*(map(int, answer) for answer in answers), strict=True)
        return dict(zip(verdicts, map(bytes, codes), strict=True))

    return Job(feed, judge, told)


def _text(logic: Logic, names: dict[str, str]) -> str:
    if isinstance(logic, bool):
        return json.dumps(logic)
    if isinstance(logic, Missing):
        return f"{names[logic.fact]} == null"
    if not isinstance(logic, Atom):
        join = " and " if isinstance(logic, All) else " or "
        return f"({join.join(_text(part, names) for part in logic.parts)})"
    name = names[logic.fact]
    if logic.relation in {"in", "not_in"}:
        test = f"{name} {logic.relation.replace('_', ' ')} {json.dumps(logic.operand)}"
        return test if logic.relation == "in" else f"({name} != null and {test})"
    return f"({name} != null and {name} {logic.relation} {json.dumps(logic.operand)})"
