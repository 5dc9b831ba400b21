"""Propose the column that states the product types, and which type each value means."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cncheck.load.proposals.headers import DOUBTFUL, EXACT, guessed_facts
from cncheck.load.proposals.kinds import Goods, Kind, Kinds
from cncheck.load.proposals.look import MOST_VALUES, Look
from cncheck.load.proposals.writing import LONGEST_KEY, shown, yaml_key
from cncheck.model import Rules

_ENOUGH_TYPES = 0.5  # of the rows, where the header does not speak of types
_LONGEST_NAME = 120  # characters, on average: longer texts describe what else there is
_NAMING = ("name", "model")
_PATH = re.compile(r"\S*[/\\_]\S*")  # an address, a code
_SAYS_SOMETHING = re.compile(r"[^\W\d_]{3}|[⺀-鿿]{2}")
_SPEAKS_OF_TYPES = re.compile(r"type|kind|categor|class|group|gruppe|kategorie|类", re.IGNORECASE)


class _Candidate(NamedTuple):
    """A column whose values are called like product types."""

    look: Look
    kinds: Mapping[str, Kind]
    called: bool
    """Its header speaks of types: the values of others may be materials, or parts."""

    @property
    def sure(self) -> int:
        return sum(not kind.doubt for kind in self.kinds.values())


def type_lines(looks: Sequence[Look], rules: Rules) -> dict[str, list[str]]:
    """Return the lines of the column that tells the product types best, and of its rivals."""
    known = Kinds(rules.vocabulary.types)
    found = [c for look in looks if (c := _candidate(look, looks, known, rules)) is not None]
    found.sort(key=lambda candidate: (not candidate.called, -candidate.sure))
    if not found:
        return {}
    best, *others = found
    parts = {}
    for one in found:
        told = f"{one.sure} of {len(one.kinds)} values are called like product types"
        told += f"; {shown(best.look.column)} says more" if one is not best else ""
        parts[one.look.column] = [
            f"  # {yaml_key(one.look.column)}: {{fact: product_type}}  # {told}"
        ]
    if best.called:
        runner = shown(others[0].look.column) if others else "none"
        parts[best.look.column] = [
            f"  {yaml_key(best.look.column)}:  # {best.sure} of {len(best.kinds)} values are sure; next: {runner}",
            "    fact: product_type",
            "    values:",
            *(_type_line(value, kind) for value, kind in best.kinds.items()),
            "    # otherwise: other_electrical_product  # what every other value means",
        ]
    return parts


def _candidate(look: Look, looks: Sequence[Look], known: Kinds, rules: Rules) -> _Candidate | None:
    if look.numeric or len(look.values) > MOST_VALUES or len(look.column) > LONGEST_KEY:
        return None
    guesses = guessed_facts(look.column, rules)
    called = any(g.fact.kind == "product_type" and g.score == EXACT for g in guesses)
    rows = sum(count for value, count in look.values.items() if known.named(value))
    if not called:
        if guesses or not rows or rows < _ENOUGH_TYPES * sum(look.values.values()):
            return None
        called = _SPEAKS_OF_TYPES.search(look.column) is not None
    if not rows:
        return None
    goods = _goods(look, looks, rules)
    kinds = {value: known.kind(value, goods[value]) for value in look.values}
    return _Candidate(look, kinds, called)


def _goods(look: Look, looks: Sequence[Look], rules: Rules) -> dict[str, Goods]:
    """Return the rows with each value of a column, by the names of the goods in them."""
    naming = [other for other in looks if other is not look and _names_goods(other, rules)]
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for value, *cells in zip(look.cells, *(other.cells for other in naming), strict=True):
        text = " ".join(cell for cell in cells if cell)
        if value and _SAYS_SOMETHING.search(text):
            names[value][text] += 1
    return {v: Goods(rows, names[v], bool(naming)) for v, rows in look.values.items()}


def _names_goods(look: Look, rules: Rules) -> bool:
    """Return whether a column names single products, by its header or its many different texts."""
    cells = [cell for cell in look.cells if cell]
    texts = [cell for cell in cells if _SAYS_SOMETHING.search(cell)]
    if len(texts) <= len(cells) / 2:
        return False
    guesses = guessed_facts(look.column, rules)
    if any(guess.fact.name in _NAMING and guess.score >= DOUBTFUL for guess in guesses):
        return True
    names = [text for text in texts if not _PATH.fullmatch(text)]
    short = sum(map(len, names)) <= _LONGEST_NAME * len(names)
    return len(names) > len(cells) / 2 and short and len(set(look.cells)) > look.rows / 2


def _type_line(value: str, kind: Kind) -> str:
    if len(value) > LONGEST_KEY:
        return f"      # {shown(value)}: too long a value for a map"
    mark = "# " if kind.doubt else ""
    told = ", ".join(part for part in (str(kind.score) if kind.type else "", kind.doubt) if part)
    return f"      {mark}{yaml_key(value)}: {kind.type or '?'}  # {told}; next: {kind.runner or 'none'}"
