"""Compare names by their words, and find the names that a text holds."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_WORD = re.compile(r"[a-z0-9à-ÿ]+|&|[⺀-鿿]+")
_PIECE = re.compile(r"[a-z0-9à-ÿ]+|[⺀-鿿]")
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_LETTERS = re.compile(r"[a-zà-ÿ]+")
_MEASURE = re.compile(
    r"\bac\W{1,3}dc\b"
    r"|(?:\b[ad]c\W*)?(?<![a-z0-9.])\d+(?:[.,/]\d+)*[ -]*"
    r"(?:inch(?:es)?|in|zoll|cm|mm|ft|ml|kg|gb|tb|kw|kwh|mah|hz|[lmgwv])?(?![a-z0-9])(?:\W*\b[ad]c\b)?"
)
"""Numbers and their units, which stand between the words of a name: a DVD 14-inch player. AC beside
them is a current and no air conditioner."""
_SINGULAR = {
    "ies": "y", "ie": "y", "ches": "ch", "shes": "sh", "xes": "x", "nses": "n", "ss": "ss", "s": "",
}  # fmt: skip
"""Endings and what stands for them, in the plural and the singular alike: movies, movie -> movy."""

_SHORTEST_STEM = 3
_SHORT_PLURALS = frozenset(("acs", "cds", "evs", "pcs", "tvs"))


def words_of(text: str) -> str:
    """Return the words of a name, English ones in the singular, with a blank between them."""
    return " ".join(_singular(word) for word in _WORD.findall(_plain(text)))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _singular(word: str) -> str:
    if len(word) <= _SHORTEST_STEM and word not in _SHORT_PLURALS:
        return word  # gas, ups
    for ending, instead in _SINGULAR.items():
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    return word


def holds(text: str, words: str) -> bool:
    """Return whether `words` stand in `text`: whole words, or a part of a Chinese one."""
    if words.isascii():
        return f" {words} " in f" {text} " and words != text
    return words in text and words != text


def ends(text: str, words: str) -> bool:
    """Return whether `text` ends in `words`, after others."""
    return holds(text, words) and text.endswith(words)


class _Phrase(NamedTuple):
    pieces: tuple[str, ...]
    types: frozenset[str]
    """The types that are called so."""


class Phrases:
    """The names of product types, to be found in texts."""

    def __init__(self, called: Mapping[str, frozenset[str]]) -> None:
        self._known = {word for name in called for word in name.split()}
        types: dict[tuple[str, ...], frozenset[str]] = defaultdict(frozenset)
        for name, keys in called.items():
            pieces = tuple(self._pieces(name))
            if len("".join(pieces)) > 1:  # 床 stands in 机床
                types[pieces] |= keys
        self._by_first: dict[str, list[_Phrase]] = defaultdict(list)
        for pieces in sorted(types, key=lambda pieces: -len(pieces)):
            self._by_first[pieces[0]].append(_Phrase(pieces, types[pieces]))

    def spoken(self, text: str) -> Iterator[frozenset[str]]:
        """Yield the types that each name in `text` may mean, but for names within longer ones."""
        pieces = tuple(self._pieces(text))
        told = 0
        for start, first in enumerate(pieces):
            for phrase in self._by_first.get(first, ()):
                end = start + len(phrase.pieces)
                if pieces[start:end] == phrase.pieces:
                    if end > told:
                        yield phrase.types
                        told = end
                    break

    def _pieces(self, text: str) -> Iterator[str]:
        """Yield words in the singular and Chinese characters, without numbers and measures."""
        for word in _PIECE.findall(_MEASURE.sub(" ", _UUID.sub(" ", _plain(text)))):
            if (one := _singular(word)) in self._known or one.isalpha():
                yield one
            else:  # Laptop15
                yield from map(_singular, _LETTERS.findall(word))
