"""Guess by its header, and the unit in it, which facts a column may state."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from rapidfuzz import fuzz

from cncheck.model import Fact, Rules

EXACT, DOUBTFUL, _WORTH_SHOWING = 100, 80, 70  # scores


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


class Guess(NamedTuple):
    """A fact that a column may state."""

    fact: Fact
    score: int
    factor: str
    """What to multiply by; empty where the unit is not known."""
    rank: int
    """The place of the matching word among the fact's synonyms."""


def guessed_facts(header: str, rules: Rules) -> list[Guess]:
    """Return the facts that a header may name, the likeliest first."""
    found = []
    for fact in rules.facts.values():
        if fact.name.startswith("evidence.") and header != fact.name:
            continue
        guess = _guess(header, fact)
        if guess.score >= _WORTH_SHOWING:
            found.append(guess)
    return sorted(found, key=lambda guess: (-guess.score, guess.factor != "1", guess.rank))


def _guess(header: str, fact: Fact) -> Guess:
    if header == fact.name:
        return Guess(fact, EXACT, "1", -1)
    tokens, factor = _without_unit(_tokens(header), fact)
    word = "".join(tokens)
    names = [" ".join(_without_unit(_tokens(fact.name), fact)[0]), *fact.synonyms]
    best, rank = 0, len(names)
    for i, name in enumerate(names):
        known = "".join(_tokens(name.removesuffix("?")))
        if word == known:
            score = DOUBTFUL if name.endswith("?") else EXACT
        else:
            score = min(DOUBTFUL - 1, round(_alike(tokens, word, _tokens(name), known)))
        if score > best:
            best, rank = score, i
    return Guess(fact, best, factor, rank)


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
