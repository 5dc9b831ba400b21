"""Write into a descriptor what it includes: facts, materials and evidence that several products share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from cncheck.load.yamlfile import Places, read_documents, read_text, shown_path
from cncheck.model import Problem
from cncheck.problems import InputError

Path = tuple[str | int, ...]

INCLUDE = "include"
MAX_INCLUDED = 20
"""How many files one descriptor may bring in: more is a circle or no family of products."""
_OWN = ("id", "name")
_EXAMPLE = (
    "Write `include: families/fridges.yaml`, a file or a list of files, relative to this one."
)


class Spot(NamedTuple):
    """A path in a file."""

    file: str
    path: Path


class Whole(NamedTuple):
    """A descriptor with what it includes."""

    row: Mapping[str, Any]
    came: Mapping[Path, Spot]
    """Where what it includes stands, by its path in `row`."""
    wrong: tuple[tuple[Spot, str], ...] = ()


Wrong = list[tuple[Spot, str]]
Shelf = dict[str, tuple[Mapping[str, Any], Places]]
"""Files that were included before, by their real path: what they say, and where."""


def with_included(row: Mapping[str, Any], spot: Spot, shelf: Shelf) -> Whole:
    """Return a descriptor with the facts of the files it includes; its own facts win.

    Evidence is joined key by key, the earlier file first; materials are joined into one list.

    Args:
        row: the descriptor as its file says it.
        spot: where it stands.
        shelf: filled with the files that are read.

    """
    if INCLUDE not in row:
        return Whole(row, {})
    whole = {key: value for key, value in row.items() if key != INCLUDE}
    came: dict[Path, Spot] = {}
    wrong: list[tuple[Spot, str]] = []
    for found, there in _files(row, spot, shelf, wrong):
        for key, value in found.items():
            at = Spot(there, (0, key))
            if key in _OWN:
                wrong.append(
                    (at, f"`{key}` belongs to one product: it stands in the descriptor alone.")
                )
            elif key in _SHAPES and value is not None and not isinstance(value, _SHAPES[key][0]):
                wrong.append((at, _SHAPES[key][1]))
            elif key in _SHAPES and isinstance(whole.get(key), _SHAPES[key][0]):
                whole[key] = _JOINED[key](whole[key], value or type(whole[key])(), at, came, wrong)
            elif whole.get(key) is None and key != INCLUDE:
                whole[key], came[key,] = value, at
    return Whole(whole, came, tuple(wrong))


_SHAPES: Mapping[str, tuple[type, str]] = {
    "materials": (list, "`materials` is a list: one item for each homogeneous material."),
    "evidence": (dict, "`evidence` is a mapping: the id of a scheme, then its keys."),
}


def _joined_materials(
    own: list[Any], more: list[Any], at: Spot, came: dict[Path, Spot], _wrong: Wrong
) -> list[Any]:
    """Return one list of materials, the descriptor's own first."""
    for i in range(len(more)):
        came["materials", len(own) + i] = Spot(at.file, (*at.path, i))
    return own + more


def _joined_evidence(
    own: dict[str, Any], more: dict[str, Any], at: Spot, came: dict[Path, Spot], wrong: Wrong
) -> dict[str, Any]:
    """Return evidence with what another file adds to it, scheme by scheme and key by key."""
    whole = dict(own)
    for scheme, keys in more.items():
        there = Spot(at.file, (*at.path, scheme))
        have = whole.get(scheme)
        if have is None:
            whole[scheme], came["evidence", scheme] = keys, there
        elif keys is not None and not isinstance(keys, dict):
            wrong.append((there, f"`evidence.{scheme}` is a mapping of keys."))
        elif isinstance(have, dict):
            added = {key: value for key, value in (keys or {}).items() if have.get(key) is None}
            came |= {("evidence", scheme, k): Spot(at.file, (*there.path, k)) for k in added}
            whole[scheme] = {**have, **added}
    return whole


_JOINED: Mapping[str, Callable[..., Any]] = {
    "materials": _joined_materials, "evidence": _joined_evidence,
}  # fmt: skip


def _files(
    row: Mapping[str, Any], spot: Spot, shelf: Shelf, wrong: list[tuple[Spot, str]]
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield what the included files say, and their names, each before the files it includes itself."""
    waiting = [(row, spot)]
    seen: set[str] = set()
    while waiting:
        holder, at = waiting.pop(0)
        here = Spot(at.file, (*at.path, INCLUDE))
        named = holder[INCLUDE]
        names = [named] if isinstance(named, str) else named
        if not isinstance(names, list) or not all(isinstance(n, str) and n for n in names):
            wrong.append((here, _EXAMPLE))
            continue
        for name in names:
            file = os.path.join(os.path.dirname(at.file), name)
            real = os.path.realpath(file.replace("\0", ""))
            if os.path.isabs(name) or "\0" in name:
                wrong.append((here, f"An included file is named relative to this one. {_EXAMPLE}"))
            elif real not in seen and len(seen) >= MAX_INCLUDED:
                wrong.append((here, f"More than {MAX_INCLUDED} files are included."))
                return
            elif real not in seen:
                seen.add(real)
                try:
                    found = _read(file, real, shelf)
                except InputError as error:
                    wrong += [
                        (here, f"In the included file: {p.file}: {p.message}")
                        for p in error.problems
                    ]
                    continue
                yield found, file
                if INCLUDE in found:
                    waiting.append((found, Spot(file, (0,))))


def _read(file: str, real: str, shelf: Shelf) -> Mapping[str, Any]:
    """Return what an included file says.

    Raises:
        InputError: it cannot be read, or is no mapping.

    """
    if real not in shelf:
        if os.path.exists(file) and not os.path.isfile(file):
            raise InputError([Problem("It is no file.", shown_path(file))])
        places: Places = {}
        documents = read_documents(read_text(file), shown_path(file), places)
        if len(documents) != 1 or not isinstance(documents[0], Mapping):
            raise InputError([Problem("It is one mapping of facts.", shown_path(file))])
        shelf[real] = documents[0], places
    return shelf[real][0]
