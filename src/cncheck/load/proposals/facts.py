"""Propose the columns that state a fact, and what the words in them mean."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

import polars as pl
from rapidfuzz import fuzz

from cncheck.load.proposals.cells import has_decimal_commas, meant, written
from cncheck.load.proposals.headers import EXACT, Guess, guessed_facts
from cncheck.load.proposals.look import MOST_VALUES, SAMPLE, Look
from cncheck.load.proposals.writing import LONGEST_KEY, shown, yaml_key
from cncheck.model import Fact, Rules

_ENOUGH_ROWS = 20  # before different cells in all rows mean that a column is the id
_NOTHING = "no fact resembles it"


def fact_lines(
    looks: Sequence[Look], frame: pl.LazyFrame, rules: Rules, *, typed: bool
) -> dict[str, list[str]]:
    """Return the lines of columns that state another fact than the product type."""
    guesses = {look.column: guessed_facts(look.column, rules) for look in looks}
    sure: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for column, found in guesses.items():
        exact = [guess for guess in found if guess.score == EXACT and guess.factor]
        if len(exact) == 1:
            sure[exact[0].fact.name].append((exact[0].rank, column))
    commas = has_decimal_commas(looks)
    parts = {}
    for look in looks:
        found = guesses[look.column]
        if typed:  # another column does
            found = [guess for guess in found if guess.fact.kind != "product_type"]
        parts[look.column] = _column_lines(look, found, sure, frame, rules, commas=commas)
    if not any(re.search(r"^  [^#].*: id  #", lines[0]) for lines in parts.values()):
        free = [look for look in looks if parts[look.column][0].startswith("  #")]
        parts |= _only_id(free, parts, frame)
    return parts


def _column_lines(
    look: Look,
    found: Sequence[Guess],
    sure: Mapping[str, Sequence[tuple[int, str]]],
    frame: pl.LazyFrame,
    rules: Rules,
    *,
    commas: bool,
) -> list[str]:
    """Return the lines of one column: live if nothing speaks against its best guess."""
    key = yaml_key(look.column)
    if len(look.column) > LONGEST_KEY:
        return [f"  # {shown(look.column)}: too long a header for a map"]
    if not found:
        return [f"  # {key}: {_NOTHING}"]
    best, *others = found
    rivals = [guess for guess in others if guess.score == best.score and guess.factor]
    doubt = _doubt(look, best, rivals, sure.get(best.fact.name, ()), frame)
    form, odd = written(look, best, rules, commas=commas) if look.values else (None, "")
    if odd and (not doubt or "written" in odd):  # a guess that is taken must not be misread
        doubt = f"{doubt}; {odd}" if doubt else odd
    told = f"{best.score}" + (f", {doubt}" if doubt else "") + _next(others, rivals)
    how = f", times: {best.factor}" if best.factor not in ("1", "") else ""
    how += f", written: {form}" if form else ""
    if doubt:
        return [f"  # {key}: {{fact: {best.fact.name}{how}}}  # {told}"]
    if how:
        return [f"  {key}: {{fact: {best.fact.name}{how}}}  # {told}"]
    return _statement(key, look, best, told)


def _next(others: Sequence[Guess], rivals: Sequence[Guess]) -> str:
    rest = [guess for guess in others if guess not in rivals]
    return f"; next: {rest[0].fact.name} {rest[0].score}" if rest else "; next: none"


def _statement(key: str, look: Look, guess: Guess, told: str) -> list[str]:
    fact = guess.fact
    if fact.kind in ("choice", "boolean") and look.values:
        values = [_word_line(value, fact) for value in list(look.values)[:MOST_VALUES]]
        if any(line for line in values):
            return [
                f"  {key}:  # {told}", f"    fact: {fact.name}", "    values:",
                *(line for line in values if line),
            ]  # fmt: skip
    return [f"  {key}: {fact.name}  # {told}"]


def _doubt(
    look: Look,
    guess: Guess,
    rivals: Sequence[Guess],
    claims: Sequence[tuple[int, str]],
    frame: pl.LazyFrame,
) -> str:
    """Return why a guess is not certain; empty if it is."""
    fact = guess.fact
    better = min(claims, default=(guess.rank, look.column))[1]
    tied = len({rank for rank, _ in claims}) < len(claims) or fact.kind != "text"
    if not guess.factor:
        return f"in which unit? {fact.unit} is meant, else add times"
    if rivals:
        return f"or {', '.join(rival.fact.name for rival in rivals)}"
    if guess.score < EXACT:
        return "perhaps"
    if len(claims) > 1 and (better != look.column or tied):
        columns = ", ".join(shown(column) for _, column in claims if column != look.column)
        return f"but {columns} may state it too"
    if not look.values:
        return "but its cells are blank"
    if fact.kind == "product_type":
        return f"but it has more than {MOST_VALUES} values, or none that is called like a type"
    if fact.name == "id":
        if _identifies(look, frame) or look.nearly_all_different:
            return ""
        return "but many cells are blank or stand twice"
    return ""


def _identifies(look: Look, frame: pl.LazyFrame) -> bool:
    """Return whether the column is filled in every row, and never twice the same."""
    if not look.all_different:
        return False
    if look.rows < SAMPLE:
        return True
    cell = pl.col(look.column).cast(pl.String).str.strip_chars().replace("", None)
    seen = frame.select(rows=pl.len(), filled=cell.count(), different=cell.n_unique())
    rows, filled, different = seen.collect(engine="streaming").row(0)
    return bool(rows == filled == different)


def _only_id(
    looks: Sequence[Look], parts: Mapping[str, Sequence[str]], frame: pl.LazyFrame
) -> dict[str, list[str]]:
    """Return the line of the one column that can tell the rows apart, or of those that can."""
    able = [look for look in looks if not look.numeric and _identifies(look, frame)]
    if len(able) == 1 and able[0].rows >= _ENOUGH_ROWS:
        why = "the only column that is never blank and never twice the same"
        return {able[0].column: [f"  {yaml_key(able[0].column)}: id  # {why}"]}
    return {
        look.column: [
            f"  # {yaml_key(look.column)}: id  # perhaps: never blank, never twice the same"
        ]
        for look in able
        if parts[look.column][0].endswith(_NOTHING)
    }


def _word_line(value: str, fact: Fact) -> str:
    """Return the line of one value of a choice; empty where it needs none."""
    same = meant(value, fact)
    if same == value:
        return ""
    if same is not None:
        return f"      {yaml_key(value)}: {same}  # {EXACT}"
    scored = sorted(
        ((round(fuzz.ratio(value.lower(), v.lower().replace("_", " "))), v) for v in fact.values),
        reverse=True,
    )
    if not scored:
        return f"      # {yaml_key(value)}: true or false?"
    (score, best), *others = scored
    runner = f"; next: {others[0][1]} {others[0][0]}" if others else ""
    return (
        f"      # {yaml_key(value)}: {best}  # {score}, perhaps, or null if it says nothing{runner}"
    )
