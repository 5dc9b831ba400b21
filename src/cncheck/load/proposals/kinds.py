"""Tell which product type a value may mean, and what speaks against it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz

from cncheck.load.proposals.headers import EXACT
from cncheck.load.proposals.words import Phrases, ends, words_of
from cncheck.load.proposals.writing import LONGEST_KEY, shown
from cncheck.load.search import search_types
from cncheck.model import ProductType

_SHORTEST_WORD = 3
_MOST_KINDS = 8  # that a value may mean
_MOST_RIVALS = 3  # that a comment names
_LOOKED_AT = frozenset(("electrical_product", "battery", "vehicle", "motorcycle"))
"""What China RoHS looks at in any case. All else it may pass over in silence."""
_MATERIALS = "not_electrical"
"""The heading whose headings are materials: a steel kettle is no steel."""

_JOINED = re.compile(r"[&+/,;|、，；和及与或]|\b(?:and|or|und|oder|et)\b", re.IGNORECASE)
_PARTS = r"\b(?:accessor|zubehör|spare|parts?\b)|配件|附件|备件|零件|耗材"
_PART = re.compile(_PARTS, re.IGNORECASE)
_MIXED = re.compile(
    _PARTS + r"|\b(?:suppl(?:y|ies)\b|misc|others?\b|sonstige|divers|set\b|kit\b)"
    r"|其他|其它|杂项|套装|^适配器$|电子产品$"
    r"|^adapt[eo]rs?$|^electronics?$|^electronic products?$",
    re.IGNORECASE,
)


class Goods(NamedTuple):
    """The rows with one value."""

    rows: int
    """How many there are in the whole list."""
    names: Mapping[str, int]
    """What those that were read are called, and how often."""
    has_names: bool
    """The list has columns that name single products."""

    @property
    def named(self) -> int:
        """How many of them have a name that was read."""
        return sum(self.names.values())


class Kind(NamedTuple):
    """The product type that a value may mean."""

    type: str
    score: int
    doubt: str
    """Why it is not certain; empty if it is."""
    runner: str


class Kinds:
    """The product types by their names."""

    def __init__(self, types: Mapping[str, ProductType]) -> None:
        self._types = types
        self._names = {
            key: {words_of(name) for name in (key, t.name.en, t.name.zh, *t.synonyms)}
            for key, t in types.items()
        }
        called: dict[str, set[str]] = defaultdict(set)
        for key, names in self._names.items():
            for name in names:
                called[name].add(key)
        self._called = {name: frozenset(keys) for name, keys in called.items()}
        spoken = {
            name: keys - {k for k in keys if types[k].group and _MATERIALS in types[k].wider}
            for name, keys in self._called.items()
        }
        self._phrases = Phrases({name: keys for name, keys in spoken.items() if keys})

    def named(self, value: str) -> frozenset[str]:
        """Return the types that are called so."""
        return self._called.get(words_of(value), frozenset())

    def kind(self, value: str, goods: Goods) -> Kind:
        """Return the type that `value` may mean, and what speaks against it."""
        words, named = words_of(value), self.named(value)
        found = [t.id for t in search_types(value[:LONGEST_KEY], self._types) if not t.group]
        ordered = [*sorted(t for t in named if not self._types[t].group), *found]
        ordered = list(dict.fromkeys(ordered))
        if not ordered:
            return Kind("", 0, "no type resembles it", "")
        scores = {key: self._score(words, key) for key in ordered[:_MOST_KINDS]}
        best = max(scores, key=lambda key: scores[key])
        runners = [key for key in scores if key != best]
        runner = max(runners, key=lambda key: scores[key], default="")
        told = f"{runner} {scores[runner]}" if runner else ""
        doubt = self._ambiguous(value, words, best) or self._contradicted(words, best, goods)
        return Kind(best, scores[best], doubt, told)

    def _score(self, words: str, key: str) -> int:
        alike = max(
            0.5 * (fuzz.ratio(words, name) + fuzz.token_set_ratio(words, name))
            for name in self._names[key]
        )
        return EXACT if words in self._names[key] else min(EXACT - 1, round(alike))

    def _ambiguous(self, value: str, words: str, best: str) -> str:
        """Return why the value itself does not name one type; empty if it does."""
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
        return ""

    def _contradicted(self, words: str, best: str, goods: Goods) -> str:
        """Return what the names of the goods say against the type; empty if nothing."""
        if not goods.names and goods.has_names:
            return "but no name of its rows was read"
        doubt = self._spoken_against(best, list(goods.names))
        if not doubt and not self._types[best].wider & _LOOKED_AT:
            doubt = self._unsaid(best, goods)
        if not doubt and not goods.names:
            rivals = self._called_alike(words, best)
            doubt = f"or {', '.join(rivals)}" if rivals else ""
        return doubt

    def _spoken_against(self, best: str, names: Sequence[str]) -> str:
        """Return which names speak of a type that `best` does not belong to; empty if none does."""
        against: dict[str, str] = {}
        for name in names:
            for types in self._phrases.spoken(name):
                if not types & self._types[best].wider:
                    against.setdefault(name, min(types))
        if against:
            others = [key for key, _ in Counter(against.values()).most_common(_MOST_RIVALS)]
            first = next(iter(against))
            return f"but {len(against)} may be {' or '.join(others)}, such as {shown(first)}"
        parts = [name for name in names if _PART.search(name)]
        return f"but {len(parts)} may be parts, such as {shown(parts[0])}" if parts else ""

    def _unsaid(self, best: str, goods: Goods) -> str:
        """Return which of the goods no name calls so; empty if all are.

        This is for types that take goods out of the law: nobody asks about them again.
        """
        wider = self._types[best].wider
        silent = [n for n in goods.names if not any(t & wider for t in self._phrases.spoken(n))]
        if silent:
            return f"but {len(silent)} names do not say so, such as {shown(silent[0])}"
        if goods.named < goods.rows:
            return f"but {goods.rows - goods.named:,} of its rows have no name that was read"
        return ""

    def _called_alike(self, words: str, best: str) -> list[str]:
        """Return other types whose names end in these words: industrial washing machine."""
        return [
            key
            for key, names in self._names.items()
            if best not in self._types[key].wider
            and not self._types[key].group
            and any(ends(name, words) for name in names)
        ]
