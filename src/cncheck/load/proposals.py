"""Propose a map for a foreign list: what its columns and values may mean, and how sure that is.

A line of the proposal is live only if nothing speaks against it; a wrong line would be believed, a
commented one is read. What is live must be called exactly as the vocabulary calls it:

- a column: by one fact alone, with a unit where the fact has one, and cells that the fact can have;
- a value: by one product type alone. "Fans & heaters" names two; "Televisions" may hold other kinds of
  television (the vocabulary knows some), so the other texts in its rows must not speak of these.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import polars as pl
from rapidfuzz import fuzz

from cncheck.load.cells import TRUTHS, read_cell
from cncheck.load.search import search_types
from cncheck.model import Fact, ProductType, Rules
from cncheck.problems import one_line

_SAMPLE = 10_000  # rows
_MOST_VALUES = 500  # in a column whose values are looked at one by one
_MOST_CELLS = 200  # of a column, tried on a fact
_EXACT, _DOUBTFUL, _WORTH_SHOWING = 100, 80, 70  # scores
_ENOUGH_CELLS = 0.9  # of the different cells: a few slips do not make it another column
_ENOUGH_TYPES = 0.5  # of the rows, where the header does not speak of types
_ENOUGH_ROWS = 20  # before different cells in all rows mean that a column is the id
_LONGEST_KEY = 200  # characters; YAML reads up to 1024
_SHORTEST_WORD = 3
_NOTHING = "no fact resembles it"
_MOST_KINDS = 8  # that a value may mean
_SHOWN = 60

_UNITS: dict[str, dict[str, str]] = {
    "%": {"%": "1", "pct": "1", "percent": "1", "Prozent": "1"},
    "Hz": {"Hz": "1", "kHz": "1000", "赫兹": "1", "赫": "1"},
    "L": {
        "l": "1", "ltr": "1", "liter": "1", "litre": "1", "liters": "1", "litres": "1", "升": "1",
        "ml": "0.001", "毫升": "0.001", "cl": "0.01", "dm3": "1", "m3": "1000", "立方米": "1000",
    },
    "Pa": {"Pa": "1", "hPa": "100", "kPa": "1000", "帕": "1", "千帕": "1000"},
    "V": {"V": "1", "volt": "1", "volts": "1", "kV": "1000", "伏": "1", "伏特": "1", "千伏": "1000"},
    "W": {"W": "1", "watt": "1", "watts": "1", "kW": "1000", "瓦": "1", "瓦特": "1", "千瓦": "1000"},
    "kV": {"kV": "1", "V": "0.001", "千伏": "1", "伏": "0.001"},
    "kVA": {"kVA": "1", "VA": "0.001", "MVA": "1000", "千伏安": "1"},
    "kW": {"kW": "1", "W": "0.001", "watt": "0.001", "千瓦": "1", "瓦": "0.001", "MW": "1000", "mW": "0.000001"},
    "kWh": {
        "kWh": "1", "Wh": "0.001", "MWh": "1000", "mWh": "0.000001", "千瓦时": "1", "度": "1", "瓦时": "0.001",
        "千瓦小时": "1", "瓦小时": "0.001",
    },
    "kg": {
        "kg": "1", "g": "0.001", "千克": "1", "公斤": "1", "克": "0.001", "lb": "0.45359237", "lbs": "0.45359237",
    },
    "mg/kg": {"mg/kg": "1", "ppm": "1", "%": "10000", "毫克/千克": "1"},
    "mm": {
        "mm": "1", "毫米": "1", "cm": "10", "厘米": "10", "m": "1000", "米": "1000", "inch": "25.4", "inches": "25.4",
        "in": "25.4", '"': "25.4", "″": "25.4", "zoll": "25.4", "英寸": "25.4", "寸": "25.4", "吋": "25.4",
    },
    "pages/min": {
        "ppm": "1", "pages/min": "1", "p/min": "1", "页/分": "1", "页/分钟": "1", "ppm/min": "1",
        "Seiten/min": "1", "S/min": "1",
    },
    "rpm": {
        "rpm": "1", "r/min": "1", "1/min": "1", "min-1": "1", "U/min": "1", "转/分": "1", "转/分钟": "1",
    },
    "°": {"°": "1", "deg": "1", "degrees": "1", "grad": "1", "度": "1"},
}  # fmt: skip
"""Unit of a fact -> how headers write units of its kind, and what to multiply by."""

_TOKEN = re.compile(
    r"[kKM]?Wh(?![a-z])|[kKM]?VA(?![a-z])|[kKM]?Hz(?![a-z])|[hkM]?Pa(?![a-z])|[kKM]?[WV](?![A-Za-z])"
    r"|[A-Z]+(?![a-z])|[A-Z]?[a-zß-ÿ]+|[⺀-鿿]+|\d+|[^\W\d_]+|[\"″°%]"
)
_BRACKETS = re.compile(r"[(\[{【]([^)\]}】]*)[)\]}】]")
_JOINED = re.compile(r"[&+/,;|、，；和及与或]|\b(?:and|or|und|oder|et)\b", re.IGNORECASE)
_MIXED = re.compile(
    r"\b(?:accessor|zubehör|spare|parts?\b|suppl(?:y|ies)\b|misc|others?\b|sonstige|divers|set\b|kit\b)"
    r"|配件|附件|备件|零件|耗材|其他|其它|杂项|套装|^适配器$|电子产品$"
    r"|^adapt[eo]rs?$|^electronics?$|^electronic products?$",
    re.IGNORECASE,
)
_SPEAKS_OF_TYPES = re.compile(r"type|kind|categor|class|group|gruppe|kategorie|类", re.IGNORECASE)
_PLAIN_KEY = re.compile(r"[^\W\d_](?:[\w .&'/-]*[\w.'])?")
_RESERVED = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


def propose(frame: pl.LazyFrame, columns: Sequence[str], rules: Rules, name: str) -> str:
    """Return the text of a map for a list: valid as it stands, and the same each time.

    Args:
        frame: the list as it was read.
        columns: its columns.
        rules: the vocabulary whose facts, types and synonyms are looked for.
        name: what the list is called.

    """
    looks = _look(frame, columns)
    parts: dict[str, list[str]] = {}
    types = _types(looks, rules)
    parts |= types
    wanted = [look for look in looks if look.column not in parts]
    parts |= _facts(wanted, frame, rules, typed=bool(types))
    lines = [line for look in looks for line in parts[look.column]]
    return "\n".join([*_head(name, looks), "columns:", *lines, *_TAIL]) + "\n"


def _head(name: str, looks: Sequence[_Look]) -> Iterator[str]:
    rows = max((look.rows for look in looks), default=0)
    first = f"first {rows:,}" if rows >= _SAMPLE else f"{rows:,}"
    yield f"# A map of {_shown(name)} for cncheck, proposed from its headers, {first} rows and values."
    yield "# Lines without # hold. A line with # is a guess or a question: if it is right, take the # away."
    yield "# Scores go from 0 to 100; after them comes the next best guess."
    yield ""


_TAIL = (
    "",
    "# Facts that hold for every row, whatever it says, such as:",
    "# constants: {sold_in_mainland_china: true, roles: [importer]}",
    "",
    "# Facts that hold where a row says nothing, such as:",
    "# defaults: {intended_use: household}",
)


# ---- looking at the list -------------------------------------------------------------------------


class _Look(NamedTuple):
    """What was seen of a column."""

    column: str
    cells: tuple[str | None, ...]
    """Its first cells, in the order of the rows; None = blank."""
    values: Mapping[str, int]
    """Its different cells and how often they stand, the most frequent first; up to 501 of them."""
    numeric: bool

    @property
    def rows(self) -> int:
        return len(self.cells)

    @property
    def filled(self) -> int:
        return sum(cell is not None for cell in self.cells)

    @property
    def all_different(self) -> bool:
        return self.filled == self.rows == len(set(self.cells)) > 0


def _look(frame: pl.LazyFrame, columns: Sequence[str]) -> list[_Look]:
    def text(name: str) -> pl.Expr:
        cell = pl.col(name).cast(pl.String).str.strip_chars()
        return pl.when(cell != "").then(cell).alias(name)

    schema = frame.collect_schema()
    flat = [name for name in columns if not schema[name].is_nested()]
    sample = frame.select(text(name) for name in flat).head(_SAMPLE).collect(engine="streaming")
    few = [name for name in flat if sample[name].n_unique() <= _MOST_VALUES + 1]
    counted = {}
    if sample.height == _SAMPLE:
        whole = [frame.select(text(n)).group_by(n).len() for n in few]
        done = pl.collect_all(whole, engine="streaming")
        counted = dict(zip(few, done, strict=True))
    looks = []
    for name in columns:
        if name not in flat:
            looks.append(_Look(name, (), {}, numeric=False))
            continue
        cells = sample[name].to_list()
        table = counted.get(name)
        counts = Counter(cells) if table is None else Counter(dict(table.iter_rows()))
        del counts[None]
        ordered = sorted(counts.items(), key=lambda row: (-row[1], row[0]))[: _MOST_VALUES + 1]
        numeric = all(_is_number(value) for value, _ in ordered[:_MOST_CELLS])
        looks.append(_Look(name, tuple(cells), dict(ordered), numeric))
    return looks


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?[\d.,' ]+", text) is not None


# ---- columns -------------------------------------------------------------------------------------


class _Guess(NamedTuple):
    """A fact that a column may state."""

    fact: Fact
    score: int
    factor: str
    """What to multiply by; empty where the unit is not known."""
    rank: int
    """The place of the matching word among the fact's synonyms."""


def _guesses(header: str, rules: Rules) -> list[_Guess]:
    """Return the facts that a header may name, the likeliest first."""
    found = []
    for fact in rules.facts.values():
        if fact.name.startswith("evidence.") and header != fact.name:
            continue
        guess = _guess(header, fact)
        if guess.score >= _WORTH_SHOWING:
            found.append(guess)
    return sorted(found, key=lambda guess: (-guess.score, guess.factor != "1", guess.rank))


def _guess(header: str, fact: Fact) -> _Guess:
    if header == fact.name:
        return _Guess(fact, _EXACT, "1", -1)
    tokens, factor = _without_unit(_tokens(header), fact)
    word = "".join(tokens)
    names = [" ".join(_without_unit(_tokens(fact.name), fact)[0]), *fact.synonyms]
    best, rank = 0, len(names)
    for i, name in enumerate(names):
        known = "".join(_tokens(name.removesuffix("?")))
        if word == known:
            score = _DOUBTFUL if name.endswith("?") else _EXACT
        else:
            score = min(_DOUBTFUL - 1, round(_alike(tokens, word, _tokens(name), known)))
        if score > best:
            best, rank = score, i
    return _Guess(fact, best, factor, rank)


def _alike(tokens: Sequence[str], word: str, known: Sequence[str], name: str) -> float:
    """Return from 0 to 100 how alike two names are, by their letters or by their words."""
    shared = sum(len(token) for token in tokens if token in known)
    by_words = 200 * shared / (len(word) + len(name)) if word and name else 0
    return max(by_words, 0.9 * fuzz.ratio(word, name))


@cache
def _tokens(text: str) -> tuple[str, ...]:
    """Return the words of a header; a unit in brackets is one word."""
    text = unicodedata.normalize("NFKC", text)
    inside = [found.strip() for found in _BRACKETS.findall(text)]
    units = [part for part in inside if any(_factor(part, unit) for unit in _UNITS)]
    for part in units:
        text = re.sub(rf"[(\[{{【]\s*{re.escape(part)}\s*[)\]}}】]", " ", text)
    found = [*_TOKEN.findall(text), *units]
    return tuple(word if any(_factor(word, u) for u in _UNITS) else word.lower() for word in found)


def _without_unit(tokens: Sequence[str], fact: Fact) -> tuple[list[str], str]:
    """Return the other words, and the factor of the last one that is a unit of the fact."""
    if not fact.unit:
        return [token.lower() for token in tokens], "1"
    for i in reversed(range(len(tokens))):
        factor = _factor(tokens[i], fact.unit)
        if factor:
            rest = [token.lower() for j, token in enumerate(tokens) if j != i]
            if len(rest) > 1 and rest[-1] == "in" and i == len(tokens) - 1:
                rest.pop()  # energy in kWh
            return rest, factor
    return [token.lower() for token in tokens], ""


@cache
def _factor(word: str, unit: str) -> str:
    """Return what to multiply by; empty where `word` is no such unit, or might be two."""
    units = _UNITS.get(unit, {})
    if word in units:
        return units[word]
    alike = {factor for name, factor in units.items() if name.lower() == word.lower()}
    return alike.pop() if len(alike) == 1 else ""


def _facts(
    looks: Sequence[_Look], frame: pl.LazyFrame, rules: Rules, *, typed: bool
) -> dict[str, list[str]]:
    """Return the lines of columns that state another fact than the product type."""
    guesses = {look.column: _guesses(look.column, rules) for look in looks}
    sure: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for column, found in guesses.items():
        exact = [guess for guess in found if guess.score == _EXACT and guess.factor]
        if len(exact) == 1:
            sure[exact[0].fact.name].append((exact[0].rank, column))
    parts = {}
    for look in looks:
        found = guesses[look.column]
        if typed:  # another column does
            found = [guess for guess in found if guess.fact.kind != "product_type"]
        parts[look.column] = _column_lines(look, found, sure, frame, rules)
    if not any(re.search(r"^  [^#].*: id  #", lines[0]) for lines in parts.values()):
        free = [look for look in looks if parts[look.column][0].startswith("  #")]
        parts |= _only_id(free, parts, frame)
    return parts


def _column_lines(
    look: _Look,
    found: Sequence[_Guess],
    sure: Mapping[str, Sequence[tuple[int, str]]],
    frame: pl.LazyFrame,
    rules: Rules,
) -> list[str]:
    """Return the lines of one column: live if nothing speaks against its best guess."""
    key = _key(look.column)
    if len(look.column) > _LONGEST_KEY:
        return [f"  # {_shown(look.column)}: too long a header for a map"]
    if not found:
        return [f"  # {key}: {_NOTHING}"]
    best, *others = found
    rivals = [guess for guess in others if guess.score == best.score and guess.factor]
    doubt = _doubt(look, best, rivals, sure.get(best.fact.name, ()), frame, rules)
    told = f"{best.score}" + (f", {doubt}" if doubt else "") + _next(others, rivals)
    if doubt:
        scale = f", times: {best.factor}" if best.factor not in ("1", "") else ""
        return [f"  # {key}: {{fact: {best.fact.name}{scale}}}  # {told}"]
    return _statement(key, look, best, told)


def _next(others: Sequence[_Guess], rivals: Sequence[_Guess]) -> str:
    rest = [guess for guess in others if guess not in rivals]
    return f"; next: {rest[0].fact.name} {rest[0].score}" if rest else "; next: none"


def _statement(key: str, look: _Look, guess: _Guess, told: str) -> list[str]:
    fact = guess.fact
    if fact.kind in ("choice", "boolean") and look.values:
        values = [_word_line(value, fact) for value in list(look.values)[:_MOST_VALUES]]
        if any(line for line in values):
            return [
                f"  {key}:  # {told}", f"    fact: {fact.name}", "    values:",
                *(line for line in values if line),
            ]  # fmt: skip
    if guess.factor in ("1", ""):
        return [f"  {key}: {fact.name}  # {told}"]
    return [f"  {key}: {{fact: {fact.name}, times: {guess.factor}}}  # {told}"]


def _doubt(
    look: _Look,
    guess: _Guess,
    rivals: Sequence[_Guess],
    claims: Sequence[tuple[int, str]],
    frame: pl.LazyFrame,
    rules: Rules,
) -> str:
    """Return why a guess is not certain; empty if it is."""
    fact = guess.fact
    better = min(claims, default=(guess.rank, look.column))[1]
    tied = len({rank for rank, _ in claims}) < len(claims) or fact.kind != "text"
    if not guess.factor:
        return f"in which unit? {fact.unit} is meant, else add times"
    if rivals:
        return f"or {', '.join(rival.fact.name for rival in rivals)}"
    if guess.score < _EXACT:
        return "perhaps"
    if len(claims) > 1 and (better != look.column or tied):
        columns = ", ".join(_shown(column) for _, column in claims if column != look.column)
        return f"but {columns} may state it too"
    if not look.values:
        return "but its cells are blank"
    if fact.kind == "product_type":
        return f"but it has more than {_MOST_VALUES} values, or none that is called like a type"
    if fact.name == "id":
        return "" if _identifies(look, frame) else "but some cells are blank or stand twice"
    return _misfits(look, guess, rules)


def _misfits(look: _Look, guess: _Guess, rules: Rules) -> str:
    """Return what the column's cells say that its fact cannot be; empty if most of them fit."""
    fact, cells = guess.fact, list(look.values)[:_MOST_CELLS]
    misfits = [cell for cell in cells if not _fits(cell, guess, rules)]
    enough = 1 if fact.kind == "choice" else _ENOUGH_CELLS * len(cells)
    if len(cells) - len(misfits) >= enough:
        return ""
    return f"but {_shown(misfits[0])} is nothing that {fact.name} can be"


def _fits(cell: str, guess: _Guess, rules: Rules) -> bool:
    fact = guess.fact
    value = _meant(cell, fact) if fact.kind in ("choice", "boolean") else cell
    if value is None:
        return False
    try:
        if guess.factor != "1":
            value = repr(float(cell) * float(guess.factor))
        read_cell(fact, value, rules)
    except ValueError:
        return False
    return True


def _identifies(look: _Look, frame: pl.LazyFrame) -> bool:
    """Return whether the column is filled in every row, and never twice the same."""
    if not look.all_different:
        return False
    if look.rows < _SAMPLE:
        return True
    cell = pl.col(look.column).cast(pl.String).str.strip_chars().replace("", None)
    seen = frame.select(rows=pl.len(), filled=cell.count(), different=cell.n_unique())
    rows, filled, different = seen.collect(engine="streaming").row(0)
    return bool(rows == filled == different)


def _only_id(
    looks: Sequence[_Look], parts: Mapping[str, Sequence[str]], frame: pl.LazyFrame
) -> dict[str, list[str]]:
    """Return the line of the one column that can tell the rows apart, or of those that can."""
    able = [look for look in looks if not look.numeric and _identifies(look, frame)]
    if len(able) == 1 and able[0].rows >= _ENOUGH_ROWS:
        why = "the only column that is never blank and never twice the same"
        return {able[0].column: [f"  {_key(able[0].column)}: id  # {why}"]}
    return {
        look.column: [f"  # {_key(look.column)}: id  # perhaps: never blank, never twice the same"]
        for look in able
        if parts[look.column][0].endswith(_NOTHING)
    }


# ---- values --------------------------------------------------------------------------------------


def _meant(value: str, fact: Fact) -> str | None:
    """Return the value of a choice or a truth that a cell spells, in whatever way, if any."""
    if fact.kind == "boolean":
        truth = (TRUTHS | {"ja": True, "nein": False, "oui": True, "non": False}).get(value.lower())
        return None if truth is None else str(truth).lower()
    spelt = re.sub(r"[\W_]", "", value.lower())
    same = [v for v in fact.values if re.sub(r"[\W_]", "", v.lower()) == spelt]
    return same[0] if len(same) == 1 else None


def _word_line(value: str, fact: Fact) -> str:
    """Return the line of one value of a choice; empty where it needs none."""
    meant = _meant(value, fact)
    if meant == value:
        return ""
    if meant is not None:
        return f"      {_key(value)}: {meant}  # {_EXACT}"
    scored = sorted(
        ((round(fuzz.ratio(value.lower(), v.lower().replace("_", " "))), v) for v in fact.values),
        reverse=True,
    )
    if not scored:
        return f"      # {_key(value)}: true or false?"
    (score, best), *others = scored
    runner = f"; next: {others[0][1]} {others[0][0]}" if others else ""
    return f"      # {_key(value)}: {best}  # {score}, perhaps, or null if it says nothing{runner}"


# ---- product types -------------------------------------------------------------------------------


class _Candidate(NamedTuple):
    """A column whose values are called like product types."""

    look: _Look
    kinds: Mapping[str, _Kind]
    called: bool
    """Its header speaks of types: the values of others may be materials, or parts."""

    @property
    def sure(self) -> int:
        return sum(not kind.doubt for kind in self.kinds.values())


def _types(looks: Sequence[_Look], rules: Rules) -> dict[str, list[str]]:
    """Return the lines of the column that tells the product types best, and of its rivals."""
    known = _Types(rules.vocabulary.types)
    found = [c for look in looks if (c := _candidate(look, looks, known, rules)) is not None]
    found.sort(key=lambda candidate: (not candidate.called, -candidate.sure))
    if not found:
        return {}
    best, *others = found
    parts = {}
    for one in found:
        told = f"{one.sure} of {len(one.kinds)} values are called like product types"
        told += f"; {_shown(best.look.column)} says more" if one is not best else ""
        parts[one.look.column] = [f"  # {_key(one.look.column)}: {{fact: product_type}}  # {told}"]
    if best.called:
        runner = _shown(others[0].look.column) if others else "none"
        parts[best.look.column] = [
            f"  {_key(best.look.column)}:  # {best.sure} of {len(best.kinds)} values are sure; next: {runner}",
            "    fact: product_type",
            "    values:",
            *(_type_line(value, kind) for value, kind in best.kinds.items()),
            "    # otherwise: other_electrical_product  # what every other value means",
        ]
    return parts


def _candidate(
    look: _Look, looks: Sequence[_Look], known: _Types, rules: Rules
) -> _Candidate | None:
    if look.numeric or len(look.values) > _MOST_VALUES or len(look.column) > _LONGEST_KEY:
        return None
    guesses = _guesses(look.column, rules)
    called = any(g.fact.kind == "product_type" and g.score == _EXACT for g in guesses)
    rows = sum(count for value, count in look.values.items() if known.named(value))
    if not called:
        if guesses or not rows or rows < _ENOUGH_TYPES * sum(look.values.values()):
            return None
        called = _SPEAKS_OF_TYPES.search(look.column) is not None
    if not rows:
        return None
    kinds = {value: known.kind(value, look, looks) for value in look.values}
    return _Candidate(look, kinds, called)


def _type_line(value: str, kind: _Kind) -> str:
    if len(value) > _LONGEST_KEY:
        return f"      # {_shown(value)}: too long a value for a map"
    mark = "# " if kind.doubt else ""
    told = ", ".join(part for part in (str(kind.score) if kind.type else "", kind.doubt) if part)
    return f"      {mark}{_key(value)}: {kind.type or '?'}  # {told}; next: {kind.runner or 'none'}"


class _Kind(NamedTuple):
    """The product type that a value may mean."""

    type: str
    score: int
    doubt: str
    """Why it is not certain; empty if it is."""
    runner: str


class _Types:
    """The product types by their names."""

    def __init__(self, types: Mapping[str, ProductType]) -> None:
        self._types = types
        self._names = {
            key: {_words(name) for name in (key, t.name.en, t.name.zh, *t.synonyms)}
            for key, t in types.items()
        }
        self._called: dict[str, set[str]] = defaultdict(set)
        for key, names in self._names.items():
            for name in names:
                self._called[name].add(key)

    def named(self, value: str) -> set[str]:
        """Return the types that are called so."""
        return self._called.get(_words(value), set())

    def kind(self, value: str, look: _Look, looks: Sequence[_Look]) -> _Kind:
        """Return the type that `value` may mean, and what speaks against it."""
        words, named = _words(value), self.named(value)
        found = [t.id for t in search_types(value[:_LONGEST_KEY], self._types) if not t.group]
        ordered = [*sorted(t for t in named if not self._types[t].group), *found]
        ordered = list(dict.fromkeys(ordered))
        if not ordered:
            return _Kind("", 0, "no type resembles it", "")
        scores = {key: self._score(words, key) for key in ordered[:_MOST_KINDS]}
        best = max(scores, key=lambda key: scores[key])
        runners = [key for key in scores if key != best]
        runner = max(runners, key=lambda key: scores[key], default="")
        told = f"{runner} {scores[runner]}" if runner else ""
        return _Kind(best, scores[best], self._doubt(value, words, best, look, looks), told)

    def _score(self, words: str, key: str) -> int:
        alike = max(
            0.5 * (fuzz.ratio(words, name) + fuzz.token_set_ratio(words, name))
            for name in self._names[key]
        )
        return _EXACT if words in self._names[key] else min(_EXACT - 1, round(alike))

    def _doubt(self, value: str, words: str, best: str, look: _Look, looks: Sequence[_Look]) -> str:
        named = self.named(value)
        if not named:
            return "perhaps"
        if _JOINED.search(value):
            return "but it names several things"
        if words.isascii() and len(words) < _SHORTEST_WORD:
            return "but so short a word may mean anything"
        if _MIXED.search(value):
            return "but these may be of any kind"
        if len(named) > 1 or self._types[best].group or best not in named:
            return f"or {', '.join(sorted(named - {best}))}"
        rivals = [
            key
            for key, names in self._names.items()
            if best not in self._types[key].wider
            and not self._types[key].group
            and any(_holds(name, words) for name in names)
        ]
        if not rivals:
            return ""
        texts = _beside(value, look, looks)
        if not texts:
            ends = [k for k in rivals if any(_ends(name, words) for name in self._names[k])]
            return f"or {', '.join(ends)}" if ends else ""
        for key in rivals:
            phrases = [p for p in self._names[key] if not _holds(words, p) and len(p) > 1]
            spoken = [t for t in texts if any(_holds(f" {_words(t)} ", p) for p in phrases)]
            if spoken:
                return f"but {len(spoken)} may be {key}, such as {_shown(spoken[0])}"
        return ""


def _beside(value: str, look: _Look, looks: Sequence[_Look]) -> list[str]:
    """Return what the rows with this value say in the columns that describe single products."""
    rows = [i for i, cell in enumerate(look.cells) if cell == value]
    telling = [
        other
        for other in looks
        if other is not look and not other.numeric and len(set(other.cells)) > other.rows / 2
    ]
    texts = (" ".join(other.cells[i] or "" for other in telling if i < other.rows) for i in rows)
    return list(dict.fromkeys(text for text in texts if re.search(r"[^\W\d_]{3}|[⺀-鿿]{2}", text)))


def _words(text: str) -> str:
    """Return the words of a name, English ones in the singular, with a blank between them."""
    text = unicodedata.normalize("NFKC", text).lower()
    return " ".join(_singular(word) for word in re.findall(r"[a-z0-9à-ÿ]+|&|[⺀-鿿]+", text))


def _singular(word: str) -> str:
    for ending, instead in (
        ("ies", "y"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("xes", "x"),
        ("ss", "ss"),
        ("s", ""),
    ):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    return word


def _holds(text: str, words: str) -> bool:
    """Return whether `words` stand in `text`: whole words, or a part of a Chinese one."""
    if words.isascii():
        return f" {words} " in f" {text} " and words != text
    return words in text and words != text


def _ends(text: str, words: str) -> bool:
    return _holds(text, words) and text.endswith(words)


# ---- writing -------------------------------------------------------------------------------------


def _key(text: str) -> str:
    """Return `text` as a key of YAML."""
    if _PLAIN_KEY.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    odd = (c for c in set(quoted) if not c.isprintable())
    return quoted.translate({ord(c): json.dumps(c)[1:-1] for c in odd})


def _shown(text: str) -> str:
    """Return `text` as a comment quotes it: short, in one line."""
    return json.dumps(
        one_line(text if len(text) <= _SHOWN else text[:_SHOWN] + "..."), ensure_ascii=False
    )
