"""Read .jsonl: one product descriptor a line, nested facts as columns of text with dotted names."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import polars as pl
from polars.selectors import by_name

from cncheck.load.lists.chunks import chunked, figure, kept
from cncheck.load.lists.encoding import utf8
from cncheck.load.lists.source import MOST_COLUMNS, Read, Source, own
from cncheck.load.materials import reduce_materials
from cncheck.load.values import shown
from cncheck.model import AT_LEAST, ROW_ERROR, SEPARATOR, Rules

_Facts = dict[str, str | None]


class _Line(NamedTuple):
    """What a line says: facts as text, the columns of its lower bounds, and what is wrong with it."""

    facts: _Facts
    bounds: frozenset[str] = frozenset()
    error: str | None = None


class _Unusable(ValueError):
    """What is wrong with a line."""


def read_jsonl(source: Source) -> Read:
    """Read one object a line; the columns are all keys of the file, in the order they come.

    Raises:
        InputError: the text cannot be decoded, has no lines, no object, or too many keys.

    """
    path = utf8(source)
    frame, count = kept(_frames(path, source), source)
    columns = frame.collect_schema().names()
    names = [name for name in columns if not own(name)]
    if not names:
        raise source.refusal("No line of the file is a JSON object with a key.")
    # by_name, because a key is never a pattern for several columns
    bounds = [by_name(name).fill_null(value=False) for name in columns if name.endswith(AT_LEAST)]
    return Read(frame.select(by_name(*names), *bounds, ROW_ERROR), tuple(names), count)


def _frames(path: str, source: Source) -> Iterator[pl.DataFrame]:
    """Yield the lines of a file as frames, each with the columns that its lines have."""
    seen: set[str] = set()
    for chunk in chunked(_lines(path, source.rules)):
        names = dict.fromkeys(name for line in chunk for name in line.facts)
        bounds = dict.fromkeys(name for line in chunk for name in line.bounds)
        seen.update(names)
        if len(seen) > MOST_COLUMNS:
            raise source.refusal(f"The objects have more than {MOST_COLUMNS} different keys.")
        yield pl.DataFrame(
            [
                *(pl.Series(n, [line.facts.get(n) for line in chunk], pl.String) for n in names),
                *(pl.Series(n, [n in line.bounds for line in chunk], pl.Boolean) for n in bounds),
                pl.Series(ROW_ERROR, [line.error for line in chunk], pl.String),
            ]
        )


def _lines(path: str, rules: Rules) -> Iterator[_Line]:
    with open(path, encoding="utf-8-sig", newline="\n") as opened:
        for number, text in enumerate(opened, start=1):
            if text.strip():
                yield _line(text.rstrip(), number, rules)


def _line(text: str, number: int, rules: Rules) -> _Line:
    try:
        line = _described(_object(text), rules)
        return line._replace(error=line.error and f"line {number}: {line.error}")
    except _Unusable as error:
        wrong = f": {error}"
    except json.JSONDecodeError as error:
        wrong = f", character {error.pos + 1}: no JSON: {error.msg}"
    except UnicodeEncodeError:
        wrong = ": a \\u escape is half a character"
    except (ValueError, RecursionError):
        wrong = ": a number is too long, or lists are nested too deep"
    return _Line({}, error=f"line {number}{wrong}")


# ---- one object ----------------------------------------------------------------------------------


def _object(text: str) -> dict[str, Any]:
    row = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    if not isinstance(row, dict):
        raise _Unusable(f"a JSON object was expected, but this is {shown(row)}")
    if "\\u" in text:
        json.dumps(row, ensure_ascii=False).encode()  # half a character cannot be written
    return row


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        twice = next(key for key, n in Counter(key for key, _ in pairs).items() if n > 1)
        raise _Unusable(f"the key {shown(twice)} stands twice in one object: keep one of them")
    return row


def _no_number(word: str) -> Any:
    raise _Unusable(f"{word} is no number: leave the key out if you do not know")


def _described(row: dict[str, Any], rules: Rules) -> _Line:
    """Return what a descriptor says; its `materials` are reduced to facts and lower bounds."""
    row.pop("$schema", None)  # for editors
    materials = row.pop("materials", None)
    facts: _Facts = {}
    _flatten("", row, facts)
    if materials is None:
        return _Line(facts)
    wrong: list[tuple[tuple[str | int, ...], str]] = []
    reduced, bounds, _ = reduce_materials(materials, rules, wrong)
    for name, value in reduced.items():
        _put(name, _word(value), facts)
    told = [f"{'.'.join(map(str, path))}: {message}" for path, message in wrong]
    return _Line(facts, frozenset(f"{name}{AT_LEAST}" for name in bounds), " ".join(told) or None)


def _flatten(above: str, row: Mapping[str, Any], facts: _Facts) -> None:
    for key, value in row.items():
        name = key.strip()
        if not name or own(name):
            raise _Unusable(f"a key cannot be {shown(key)}")
        if isinstance(value, dict):
            _flatten(f"{above}{name}.", value, facts)
        else:
            _put(above + name, _word(value), facts)


def _put(name: str, word: str, facts: _Facts) -> None:
    if facts.get(name) and word:
        raise _Unusable(f"{shown(name)} is stated twice: keep one of them")
    facts[name] = word or facts.get(name)


def _word(value: Any) -> str:
    """Return a plain value as the text a cell would hold, "" for a blank one."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return figure(value)
        case list() | tuple():
            words = [_word(item) for item in value if not isinstance(item, list)]
            if len(words) < len(value) or any(not word or SEPARATOR in word for word in words):
                raise _Unusable("a list holds something else than plain words")
            return SEPARATOR.join(words)
    raise _Unusable(f"{shown(value)} is no plain value")
