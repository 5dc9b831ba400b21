"""Read the cells of a list: text as a spreadsheet or another system writes it.

Every cell has the meaning `read_cell` gives it; `load.typed` gives whole columns the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from cncheck.load.values import LARGEST_COUNT, NOTHING_SAID, said_done, shown, typed
from cncheck.model import AT_LEAST, ROW_ERROR, SEPARATOR, Fact, Product, Rules

TRUTHS = {
    **dict.fromkeys(("true", "yes", "y", "1", "是", "√", "✓"), True),
    **dict.fromkeys(("false", "no", "n", "0", "否", "×"), False),
}
BLANKS = (
    " \t\n\r\x0b\x0c\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
_THOUSANDS = r"[+-]?\d{1,3}([,'\u00a0\u202f ]\d{3})+(\.\d+)?"
_WITH_UNIT = rf"({_NUMBER})\s*[^\d\s.,+-].*"
_MIDNIGHT = r"(\d{4}-\d{2}-\d{2})[T ]00:00(:00(\.0+)?)?"
_SERIAL = r"[3-6]\d{4}(\.0+)?"  # what spreadsheets count from 1899-12-30: 1982 to 2091
_NO_DAY = date(1899, 12, 30)
LONGEST_TEXT = 2000  # as for descriptors
KEYS = ("id", "product_type")
"""What every row has to state."""


# ---- one cell ------------------------------------------------------------------------------------


def read_cell(fact: Fact, text: str, rules: Rules) -> Any:
    """Return the value that the cell `text` states of `fact`, or None where it states none.

    Evidence may be said to be done or not, true or false, without its value.

    Raises:
        ValueError: the cell says something, but not what the fact is about; with how to mend it.

    """
    word = text.strip(BLANKS)
    named = is_named(fact)
    if not word or (not named and word.lower() in NOTHING_SAID and word not in fact.values):
        return None
    done = said_done(fact, word)
    if done is not None:
        return done
    if named:
        if len(word) > LONGEST_TEXT:
            message = f"`{fact.name}` has {len(word)} characters, more than {LONGEST_TEXT}."
            raise ValueError(f"{message} Is a quote missing?")
        return word
    read = _READ.get(fact.kind)
    said = read(fact, word) if read else word
    return None if said == [] else typed(fact, said, rules)


def is_named(fact: Fact) -> bool:
    """Return whether `fact` is what people call a product or a company: any text will do."""
    return fact.kind == "text" and not fact.name.startswith("evidence.")


def _number(fact: Fact, word: str) -> float:
    if re.fullmatch(_NUMBER, word, re.ASCII):
        return float(word)
    unit = f" in {fact.unit}" if fact.unit else ""
    hint = f" Write the figure alone{unit}."
    if re.fullmatch(_THOUSANDS, word):
        plain = re.sub(r"[^\d.+-]", "", word)
        hint = f" Write it without thousands separator: {plain}"
        hint += (
            f" (or {word.replace(',', '.')} with a decimal point)." if word.count(",") == 1 else "."
        )
    elif found := re.fullmatch(_WITH_UNIT, word):
        hint = f" Write the figure alone, without unit; {fact.unit or 'a plain number'} is meant, so {found[1]}?"
    elif re.fullmatch(r"[+-]?\d+,\d+", word):
        hint = f" Write a decimal point: {word.replace(',', '.')}."
    raise ValueError(f"`{fact.name}` is a number{unit}, but {shown(word)} is not.{hint}")


def _boolean(fact: Fact, word: str) -> bool:
    truth = TRUTHS.get(word.lower())
    if truth is None:
        message = f"`{fact.name}` is true or false, but it is {shown(word)}."
        raise ValueError(f"{message} Write true or false (yes, no, 是, 否 will do).")
    return truth


def _date(fact: Fact, word: str) -> str:
    midnight = re.fullmatch(_MIDNIGHT, word)
    if midnight:
        return midnight[1]
    if re.fullmatch(_SERIAL, word):
        day = _NO_DAY + timedelta(days=int(float(word)))
        message = f"`{fact.name}` is {word}, which looks like a day as spreadsheets count them"
        raise ValueError(f"{message}. If it is {day}, write {day}.")
    return word


def _words(_fact: Fact, word: str) -> list[str]:
    return [part.strip() for part in re.split("[;；]", word) if part.strip()]


_READ: dict[str, Callable[[Fact, str], Any]] = {
    "number": _number, "integer": _number, "boolean": _boolean, "date": _date, "choices": _words,
    "roles": _words,
}  # fmt: skip


# ---- one row -------------------------------------------------------------------------------------


def read_row(
    row: Mapping[str, Any], rules: Rules, file: str = ""
) -> tuple[Product | None, list[str]]:
    """Return the product of a row, or None and what is wrong with it.

    Args:
        row: column -> cell, text or as a typed file has it; None = blank.
        rules: the vocabulary; columns that are no fact are ignored.
        file: the name of the list.

    """
    wrong = [row[ROW_ERROR]] if row.get(ROW_ERROR) else []
    facts: dict[str, Any] = {}
    lower_bounds = frozenset(
        n.removesuffix(AT_LEAST) for n, v in row.items() if v and n.endswith(AT_LEAST)
    )
    silent = set() if wrong else set(KEYS)
    for name, fact in rules.facts.items():
        if row.get(name) is None:
            continue
        try:
            cell = read_cell(fact, as_text(row[name]), rules)
        except ValueError as error:
            wrong.append(str(error))
            silent.discard(name)
            continue
        if cell is not None:  # a report shows 30 as it was written, not 30.0
            whole = isinstance(cell, float) and cell.is_integer() and abs(cell) <= LARGEST_COUNT
            facts[name] = int(cell) if whole else cell
    wrong += [lacking(name) for name in KEYS if name in silent and name not in facts]
    if wrong:
        return None, wrong
    return Product(facts["id"], facts.get("name", facts["id"]), facts, file, lower_bounds), []


def as_text(value: Any) -> str:
    """Return a cell as text: what a person would have written for it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (list, tuple)):
        return SEPARATOR.join(as_text(item) for item in value)
    return str(value)


def lacking(name: str) -> str:
    """Return what is said of a row that does not state one of `KEYS`."""
    how = "Every row needs one."
    if name == "product_type":
        how = "`cncheck types WORD` finds the id of a type; `cncheck map` proposes them for a list."
    return f"`{name}` is blank. {how}"
