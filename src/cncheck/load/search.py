"""Find product types by id, English or Chinese words, exactly or nearly."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz, process

from cncheck.model import ProductType

_FILLER = frozenset((
    "a", "an", "and", "for", "in", "is", "of", "on", "or", "product", "similar", "the", "to", "type", "unit", "use",
    "with",
))  # fmt: skip
_WORTH_SHOWING = 0.2  # of 1: the words shared, weighed by how telling they are
_BESIDE_THE_BEST = 0.3  # of the best score: less likely ones only distract
_THE_SAME = 1.1
_HEADING = 0.95  # a heading comes after the kinds under it
_NEAR = 75  # of 100: letters in common, for words that no name holds
_SHORTEST_STEM = 3
_HS_CODE = r"(?:hs\s*(?:code)?\s*)?\d{4}(?:[. ]?\d{2}){0,3}"
_HS_DIGITS = 6
_SHORT_PLURALS = frozenset({"acs", "cds", "pcs", "tvs"})

Weights = Mapping[str, float]


class _Name(NamedTuple):
    """A name of a type."""

    words: tuple[str, ...]
    different: frozenset[str]
    weight: float


class _Index(NamedTuple):
    """What a vocabulary is searched by: the same for every query."""

    names: Mapping[str, Sequence[_Name]]
    """Type -> what it is called."""
    spellings: Mapping[str, frozenset[str]]
    weights: Weights


def search_types(query: str, types: Mapping[str, ProductType]) -> list[ProductType]:
    """Return the types that `query` may mean, the likeliest first.

    A name or synonym with the same words comes first, then those that share the most telling words,
    and, where no word is known, those spelt alike. A heading comes after the kinds under it.
    A code of the Harmonized System of four or more digits finds the types it may classify.
    """
    code = re.fullmatch(_HS_CODE, query.strip(), re.IGNORECASE)
    if code and (classified := _classified(re.sub(r"\D", "", code[0]), types)):
        return classified
    wanted = _words(query)
    if not wanted:
        return []
    index = _index(tuple(types.items()))
    scores = {
        key: max(_likeness(wanted, name, index.weights) for name in group)
        for key, group in index.names.items()
    }
    spelt = query.strip().lower()
    for key, score in scores.items():
        if spelt in index.spellings[key]:
            scores[key] = _THE_SAME + 1
        elif types[key].group and score < _THE_SAME:
            scores[key] = score * _HEADING
    least = max(_WORTH_SHOWING, _BESIDE_THE_BEST * min(_THE_SAME, max(scores.values())))
    found = {key: score for key, score in scores.items() if score >= least}
    if not found:
        flat = {
            f"{key} {i}": " ".join(name.words)
            for key, group in index.names.items()
            for i, name in enumerate(group)
        }
        near = process.extract(
            " ".join(wanted), flat, scorer=fuzz.ratio, score_cutoff=_NEAR, limit=8
        )
        for _text, score, place in near:
            found.setdefault(place.partition(" ")[0], score / 100)
    return [types[key] for key in sorted(found, key=lambda key: -found[key])]


def _classified(digits: str, types: Mapping[str, ProductType]) -> list[ProductType]:
    """Return the types with a code that `digits` begin, or that is their six-digit heading."""
    return [
        type_ for type_ in types.values()
        if not type_.group and any(code.startswith(digits[:_HS_DIGITS]) for code in type_.hs)
    ]  # fmt: skip


@lru_cache(maxsize=4)  # one vocabulary is searched again and again
def _index(types: tuple[tuple[str, ProductType], ...]) -> _Index:
    spelt = {key: [type_.id, *type_.name, *type_.synonyms] for key, type_ in types}
    words = {
        key: [_words(word) for word in (key, *type_.name, *type_.synonyms)] for key, type_ in types
    }
    weights = _weights(name for group in words.values() for name in group)
    return _Index(
        {
            key: [_Name(name, frozenset(name), sum(weights[w] for w in name)) for name in group]
            for key, group in words.items()
        },
        {key: frozenset(word.lower() for word in group) for key, group in spelt.items()},
        weights,
    )


def _words(text: str) -> tuple[str, ...]:
    """Return the telling words of `text`: English ones in the singular, Chinese ones as pairs of characters."""
    found: dict[str, None] = {}
    for word in re.findall(r"[a-z0-9]+|[^\x00-\x7f]+", text.lower()):
        if not word.isascii():
            characters = re.sub(r"[\W_]", "", word)
            pairs = [characters[i : i + 2] for i in range(len(characters) - 1)] or [characters]
            found.update(dict.fromkeys(pair for pair in pairs if pair))
        elif word not in _FILLER:
            found[_singular(word)] = None
    return tuple(found)


def _singular(word: str) -> str:
    if word in _SHORT_PLURALS:
        return word[:-1]
    if len(word) <= _SHORTEST_STEM or word.endswith("ss"):
        return word
    for ending, instead in (("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("s", "")):
        if word.endswith(ending):
            return word.removesuffix(ending) + instead
    return word


def _weights(names: Iterable[tuple[str, ...]]) -> Weights:
    """Return how telling each word is: the fewer names hold it, the more."""
    counts = Counter(word for words in names for word in words)
    return {word: 1 / (1 + math.log(count)) for word, count in counts.items()}


def _likeness(wanted: tuple[str, ...], name: _Name, weights: Weights) -> float:
    """Return from 0 to 1 how alike two sets of words are; above 1 for the same ones."""
    if name.different == set(wanted):
        return _THE_SAME
    shared = sum(weights.get(word, 1) for word in wanted if word in name.different)
    begun = (
        max((weights[word] for word in name.words if _begins(part, word)), default=0.0)
        for part in wanted
        if part not in weights or (len(part) == 1 and part not in name.different)
    )
    shared += 0.8 * sum(begun)
    whole = sum(weights.get(word, 1) for word in wanted) + name.weight
    return 2 * shared / whole if whole else 0.0


def _begins(part: str, word: str) -> bool:
    """Return whether `part` may be the beginning of `word`, or one of its Chinese characters."""
    if part.isascii():
        return len(part) >= _SHORTEST_STEM and word.startswith(part)
    return len(part) == 1 and part in word
