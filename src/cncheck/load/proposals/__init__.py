"""Propose a map for a foreign list: what its columns and values may mean, and how sure that is.

A line of the proposal is live only if nothing speaks against it; a wrong line would be believed, a
commented one is read. What is live must be called exactly as the vocabulary calls it:

- a column: by one fact alone, with a unit where the fact has one, and cells that the fact can have;
- a value: by one product type alone. "Fans & heaters" names two; "Fans" or "Movie DVD" may hold goods
  of other types, so the names of the goods in its rows must not speak of any ("80mm PCI Slot Fan",
  "DVD Player"). And where a type takes goods out of the law, every name must say that they are it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from cncheck.load.proposals.facts import fact_lines
from cncheck.load.proposals.look import SAMPLE, Look, look_at
from cncheck.load.proposals.types import type_lines
from cncheck.load.proposals.writing import shown
from cncheck.model import Rules


def propose(frame: pl.LazyFrame, columns: Sequence[str], rules: Rules, name: str) -> str:
    """Return the text of a map for a list: valid as it stands, and the same each time.

    Args:
        frame: the list as it was read.
        columns: its columns.
        rules: the vocabulary whose facts, types and synonyms are looked for.
        name: what the list is called.

    """
    looks = look_at(frame, columns)
    parts: dict[str, list[str]] = {}
    types = type_lines(looks, rules)
    parts |= types
    wanted = [look for look in looks if look.column not in parts]
    parts |= fact_lines(wanted, frame, rules, typed=bool(types))
    lines = [line for look in looks for line in parts[look.column]]
    return "\n".join([*_head(name, looks), "columns:", *lines, *_TAIL]) + "\n"


def _head(name: str, looks: Sequence[Look]) -> Iterator[str]:
    rows = max((look.rows for look in looks), default=0)
    first = f"first {rows:,}" if rows >= SAMPLE else f"{rows:,}"
    yield f"# A map of {shown(name)} for cncheck, proposed from its headers, {first} rows and values."
    yield "# Lines without # hold. A line with # is a guess or a question: if it is right, take the # away."
    yield "# Scores go from 0 to 100; after them comes the next best guess."
    yield "# Then: cncheck batch LIST --map THIS_FILE -o answers.csv. Columns that stay with # are not looked at."
    yield ""


_TAIL = (
    "",
    "# Facts that hold for every row, whatever it says, such as:",
    "# constants: {sold_in_mainland_china: true, roles: [importer]}",
    "",
    "# Facts that hold where a row says nothing, such as:",
    "# defaults: {intended_use: household}",
)
