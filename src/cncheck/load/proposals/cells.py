"""Tell how the cells of a column are written, and whether its fact can be what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import polars as pl

from cncheck.load.cells import TRUTHS, read_cell
from cncheck.load.proposals.headers import Guess
from cncheck.load.proposals.look import MOST_CELLS, Look
from cncheck.load.proposals.writing import shown
from cncheck.load.values import NOTHING_SAID
from cncheck.load.written import FORMS
from cncheck.model import Fact, Rules

_ENOUGH = 0.9  # of the different cells: a few slips do not make it another column
_COMMA = "decimal_comma"
_HAS_COMMA = re.compile(r"[+-]?[\d.]*\d,(\d{1,2}|\d{4,})")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")
_WORDS = TRUTHS | {"ja": True, "nein": False, "oui": True, "non": False}
_MEND = {
    "number": ": a plain number with a decimal point, in the list itself",
    "integer": ": a plain whole number, in the list itself",
    "date": ": a day such as 2026-01-31, in the list itself",
}
"""What the cells of a fact have to look like, which no map can mend."""


def has_decimal_commas(looks: Iterable[Look]) -> bool:
    """Return whether some number of a list is surely written with a decimal comma."""
    return any(_HAS_COMMA.fullmatch(c) for look in looks if look.numeric for c in look.values)


def written(look: Look, guess: Guess, rules: Rules, *, commas: bool) -> tuple[str | None, str]:
    """Return how the cells of a column are written, and what speaks against its fact.

    Args:
        look: the column.
        guess: what it may state.
        rules: the vocabulary.
        commas: whether other numbers of the list have a decimal comma.

    Returns:
        the form that the map has to name, or None where there is none to name, or to be sure of;
        and the doubt, empty if the fact can be what most cells say.

    """
    fact = guess.fact
    cells = [cell for cell in look.values if cell.lower() not in NOTHING_SAID][:MOST_CELLS]
    misfits = [cell for cell in cells if not _fits(cell, guess, rules)]
    if len(cells) - len(misfits) >= _enough(fact, cells):
        points = [cell for cell in cells if "." in cell]
        grouped = [cell for cell in points if _GROUPED.fullmatch(cell)]
        may_be_groups = grouped and (commas or len(grouped) == len(points))
        if may_be_groups and fact.kind in FORMS[_COMMA].kinds:
            return None, f"but is {grouped[0]} a thousand times more (written: {_COMMA})?"
        return None, ""
    forms = [
        name for name in FORMS
        if fact.kind in FORMS[name].kinds and _is_written(cells, name, guess, rules)
    ]  # fmt: skip
    if len(forms) == 1:
        return forms[0], ""
    if forms:
        return None, f"but how is {shown(cells[0])} written: {' or '.join(forms)}?"
    mend = _MEND.get(fact.kind, "")  # no form fits: the plain one is meant
    return None, f"but {shown(misfits[0])} is nothing that {fact.name} can be{mend}"


def meant(value: str, fact: Fact) -> str | None:
    """Return the value of a choice or a truth that a cell spells, in whatever way, if any."""
    if fact.kind == "boolean":
        truth = _WORDS.get(value.lower())
        return None if truth is None else str(truth).lower()
    spelt = re.sub(r"[\W_]", "", value.lower())
    same = [v for v in fact.values if re.sub(r"[\W_]", "", v.lower()) == spelt]
    return same[0] if len(same) == 1 else None


def _enough(fact: Fact, cells: Sequence[str]) -> float:
    return 1 if fact.kind == "choice" else _ENOUGH * len(cells)


def _is_written(cells: Sequence[str], form: str, guess: Guess, rules: Rules) -> bool:
    """Return whether most cells are written in this form, and are then what the fact can be."""
    plain = pl.DataFrame({"cell": cells}).select(FORMS[form].plain(pl.col("cell"))).to_series()
    fitting = sum(cell is not None and _fits(cell, guess, rules) for cell in plain)
    return fitting >= _enough(guess.fact, cells)


def _fits(cell: str, guess: Guess, rules: Rules) -> bool:
    fact = guess.fact
    value = meant(cell, fact) if fact.kind in ("choice", "boolean") else cell
    if value is None:
        return False
    try:
        if guess.factor != "1":
            value = repr(float(cell) * float(guess.factor))
        read_cell(fact, value, rules)
    except ValueError:
        return False
    return True
