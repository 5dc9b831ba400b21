"""Find product types by id, English or Chinese words, exactly or nearly."""

from __future__ import annotations

from collections.abc import Mapping

from rapidfuzz import fuzz, process, utils

from cncheck.model import ProductType

_NEAR = 75
_SHORTEST = 2


def search_types(query: str, types: Mapping[str, ProductType]) -> list[ProductType]:
    """Return the types that `query` may mean, the likeliest first.

    A name or synonym equal to the query comes first, then those that contain it (or are contained
    in it), then those spelt alike.
    """
    wanted = utils.default_process(query.replace("_", " "))
    if not wanted:
        return []
    names = {
        key: [
            utils.default_process(word)
            for word in (key.replace("_", " "), type_.name.en, type_.name.zh, *type_.synonyms)
        ]
        for key, type_ in types.items()
    }
    ranked: dict[str, tuple[float, ...]] = {}
    for key, words in names.items():
        best = max(_score(wanted, word) for word in words)
        if best > 0:
            ranked[key] = (best, -min(len(word) for word in words if _score(wanted, word) == best))
    if not ranked:
        flat = {f"{key}\n{word}": word for key, words in names.items() for word in words}
        near = process.extract(wanted, flat, scorer=fuzz.ratio, score_cutoff=_NEAR, limit=8)
        for _word, score, both in near:
            ranked.setdefault(both.partition("\n")[0], (score / 1000,))
    return [types[key] for key in sorted(ranked, key=lambda k: ranked[k], reverse=True)]


def _score(wanted: str, word: str) -> float:
    """Return 3 for the same words, 2 for whole words inside, 1 for letters inside, else 0."""
    if wanted == word:
        return 3
    if not wanted.isascii() or not word.isascii():
        inside = wanted in word or (len(word) >= _SHORTEST and word in wanted)
        return 2 if inside else 0
    if f" {wanted} " in f" {word} ":
        return 2
    if f" {word} " in f" {wanted} " and len(word) > _SHORTEST:
        return 1.5
    return 1 if len(wanted) > _SHORTEST and wanted in word else 0
