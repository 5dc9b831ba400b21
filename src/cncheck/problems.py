"""How the doors say no: every problem of a file at once, each with its place and its mend."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cncheck.model import Problem

MAX_TOLD = 100
"""How many problems of one product, and of one file, are told: a list nobody reads to its end."""

LONGEST_QUOTE = 40
"""How many characters of a key or a value a message quotes."""


class InputError(Exception):
    """An input that cannot be used.

    Attributes:
        problems: what is wrong with it, in the order of the file.

    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


class PackError(InputError):
    """A rule pack or a vocabulary that cannot be used: our fault, not the product's."""


def one_line(text: str) -> str:
    """Return `text` with line breaks, and what else steers a terminal, written as escapes."""
    if text.isprintable():
        return text
    steering = r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
    return re.sub(steering, lambda found: found[0].encode("unicode_escape").decode(), text)


def key_shown(key: str) -> str:
    """Return a key as a message may quote it: short, and without a value that ran into it."""
    name, colon, _value = key.partition(":")
    short = name if len(name) <= LONGEST_QUOTE else name[: LONGEST_QUOTE - 3] + "..."
    return f'"{short}{":..." if colon else ""}"'


def nearest(word: str, known: Iterable[str], *, limit: int = 3) -> list[str]:
    """Return up to `limit` of the `known` words that resemble `word`, the most alike first."""
    from rapidfuzz import fuzz, process, utils  # noqa: PLC0415  only needed when something is wrong

    found = process.extract(
        word[:100], list(known), scorer=fuzz.WRatio, processor=utils.default_process,
        limit=limit, score_cutoff=70,
    )  # fmt: skip
    return [choice for choice, _score, _index in found]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean a, b?", or nothing where no known word is near."""
    words = nearest(word, known)
    return f" Did you mean {', '.join(words)}?" if words else ""
