"""Read YAML and JSON strictly, into plain data: dict, list, str, int, float, bool, None.

YAML as people write it is full of traps: `NO` is a boolean, `0510210600` an octal number, the second
of two equal keys wins, a date may be no date, and a deep nest crashes the C library. This reader
works on the parser's events, knows the scalars of YAML 1.2 only (`true`, `false`, `null`, decimal
numbers), leaves everything else text, and refuses what could be read in two ways.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import yaml

from cncheck.model import Problem
from cncheck.problems import InputError, did_you_mean, key_shown, one_line

MAX_DEPTH = 100
MAX_BYTES = 8 * 1024 * 1024
MAX_EVENTS = 1_000_000
"""Keys, values, beginnings and ends in one file: more fill the memory and describe no product."""
_TOO_DEEP = f"The nesting is deeper than {MAX_DEPTH} levels."
_TOO_MUCH = "The file holds more keys and values than any descriptor. Split it into several files."
_LEADING_ZERO = (  # the figure is not quoted: under a key that nobody knows it may be a secret
    "This figure begins with a zero, which programs read in different ways."
    ' Write it in quotes ("007") to keep it as text, or without the zero.'
)
_FIRST_BYTES = 64 * 1024  # enough for nearly every file: no large buffer for each

_PACKED = b"PK\x03\x04"  # how .xlsx and other zip files begin

Places = dict[tuple[str | int, ...], tuple[int, int]]
"""Line and column (from 1) of each key or item, by its path: document number, keys, indices."""

_PARSER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTANTS = {"": None, "~": None} | {
    spelt: value
    for word, value in (("null", None), ("true", True), ("false", False))
    for spelt in (word, word.capitalize(), word.upper())
}
_FIRST_OF_A_NUMBER = frozenset("+-.0123456789")
_IN_A_NUMBER = frozenset("+-.0123456789eE")


class _Refusal(Exception):
    def __init__(self, message: str, mark: Any) -> None:
        self.message, self.mark = message, mark
        super().__init__(message)


def shown_path(path: str) -> str:
    """Return a file name as one line of text: on some systems it may be any bytes."""
    if path.isascii() and path.isprintable():
        return path
    return one_line(path.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def read_text(path: str) -> str:
    """Return the text of the file at `path`.

    Raises:
        InputError: the file cannot be opened, is too large or is not UTF-8 text.

    """
    file = shown_path(path) or '""'
    try:
        if os.path.isdir(path):
            raise InputError([Problem("This is a folder, a file was expected.", file)])
        with open(path, "rb") as opened:
            return read_stream(opened.read, file)
    except ValueError:  # a name with a NUL in it
        raise InputError([Problem("No file has such a name.", file)]) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        hint = near_files(path) if isinstance(error, FileNotFoundError) else ""
        raise InputError([Problem(f"Cannot read the file: {reason}.{hint}", file)]) from None


def near_files(path: str) -> str:
    """Return a hint at files of the same folder whose names resemble `path`."""
    folder, name = os.path.split(path)
    if os.path.islink(path):
        return f" It is a link to {shown_path(os.readlink(path))}: does that exist?"
    with suppress(OSError):
        return did_you_mean(name, os.listdir(folder or ".")) or " Is the path right?"
    return " There is no such folder either: is the path right?"


def read_stream(read: Callable[[int], bytes], file: str) -> str:
    """Return the text that `read` gives; never more than a descriptor may have."""
    data = read(_FIRST_BYTES)
    if len(data) == _FIRST_BYTES:
        data += read(MAX_BYTES + 1 - _FIRST_BYTES)
    if len(data) > MAX_BYTES:
        message = (
            f"The file has more than {MAX_BYTES // 1048576} MB, which no descriptor may have."
            " Split it into several files."
        )
        raise InputError([Problem(message, file)])
    return decode(data, file)


def decode(data: bytes, file: str) -> str:
    """Return `data` as text; raise InputError naming `file` if it is not UTF-8 text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = "This is not UTF-8 text. Save the file as UTF-8 (or is it no text file?)."
        if data.startswith(_PACKED):
            message = "This is a spreadsheet or another packed file, YAML or JSON was expected."
        raise InputError([Problem(message, file, line)]) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError([Problem("This is a binary file, YAML or JSON was expected.", file, line)])
    return text


def read_documents(text: str, file: str, places: Places | None = None) -> list[Any]:
    """Return the documents of a YAML (or JSON) `text` as plain data.

    Args:
        text: what the file says.
        file: its name, for messages.
        places: filled with the place of every key and item, if given.

    Raises:
        InputError: the text is not well-formed, or could be read in two ways.

    """
    try:
        if file.lower().endswith(".json"):
            _refuse_bad_json(text, file)
            text = _json_escapes(text)
        elif text.lstrip()[:1] in ("{", "["):  # JSON without a name that says so
            text = _json_escapes(text)
        return list(_build(yaml.parse(text, Loader=_PARSER), places))
    except _Refusal as refusal:
        line, column = refusal.mark.line + 1, refusal.mark.column + 1
        raise InputError([Problem(refusal.message, file, line, column)]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = (mark.line + 1, mark.column + 1) if mark else (None, None)
        if "nesting depth" in (error.problem or ""):  # libyaml's own limit, since 0.2.6
            raise InputError([Problem(_TOO_DEEP, file, *where)]) from None
        what = ", ".join(part for part in (error.context, error.problem) if part)
        hint = _hint(text, where[0])
        raise InputError(
            [Problem(f"This is not valid YAML: {what}.{hint}", file, *where)]
        ) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1 if isinstance(error.position, int) else None
        message = f"The text contains a character YAML forbids ({error.reason}). Remove it."
        raise InputError([Problem(message, file, line)]) from None


def _refuse_bad_json(text: str, file: str) -> None:
    """Raise InputError for what YAML would let pass: a trailing comma, a bare word, a comment."""
    try:
        json.loads(text if text.strip() else "null")
    except json.JSONDecodeError as error:
        hint = "Look for a comma too many, a missing quote or bracket or a comment, here or just before."
        message = f"This is not valid JSON: {error.msg}. {hint}"
        raise InputError([Problem(message, file, error.lineno, error.colno)]) from None
    except (
        RecursionError,
        ValueError,
    ):  # too deep, or a figure too long: told later, with its place
        return


def _json_escapes(text: str) -> str:
    r"""Return JSON with surrogate pairs (`\ud83d\ude00`), which YAML does not know, written out."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    pair = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
    return pair.sub(
        lambda m: (chr(int(m[1], 16)) + chr(int(m[2], 16))).encode("utf-16", "surrogatepass").decode("utf-16"),
        text,
    )  # fmt: skip


def _hint(text: str, line: int | None) -> str:
    lines = text.splitlines()
    if (
        line
        and line <= len(lines)
        and "\t" in lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]
    ):
        return " Indent with spaces, not with tabs."
    return " Look for a missing quote, bracket or colon, or a wrong indent, here or just above."


def _build(events: Iterator[Any], places: Places | None) -> Iterator[Any]:
    """Turn parser events into data without recursion, so that no nesting can crash us."""
    stack: list[tuple[Any, tuple[str | int, ...]]] = []
    keys: list[str | None] = []  # the pending key of each open mapping; None in a sequence
    document = -1
    result: Any = None
    for count, event in enumerate(events):
        kind = type(event)
        if count > MAX_EVENTS:
            raise _Refusal(_TOO_MUCH, event.start_mark)
        if kind is yaml.ScalarEvent:
            if event.anchor is not None or (event.tag is not None and event.tag != "!"):
                _refuse_decoration(event)
            if stack and type(stack[-1][0]) is dict and keys[-1] is None:
                keys[-1] = _key(event, stack[-1], places)
                continue
            value = event.value if not event.implicit[0] else _scalar(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            if event.anchor is not None or event.tag is not None:
                _refuse_decoration(event)
            if stack and type(stack[-1][0]) is dict and keys[-1] is None:
                message = "A key must be a plain word, not a list or a mapping."
                raise _Refusal(message, event.start_mark)
            if len(stack) >= MAX_DEPTH:
                raise _Refusal(_TOO_DEEP, event.start_mark)
            path = _place(stack, keys, document, event, places)
            stack.append(({} if kind is yaml.MappingStartEvent else [], path))
            keys.append(None)
            continue
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            value, _path = stack.pop()
            keys.pop()
            if not stack:
                result = value
                continue
            _put(stack[-1][0], keys, value)
            continue
        elif kind is yaml.AliasEvent:
            message = "Anchors and aliases (&, *) are not supported: write the value out, in quotes if it is text."
            raise _Refusal(message, event.start_mark)
        elif kind is yaml.DocumentStartEvent:
            document += 1
            result = None
            continue
        elif kind is yaml.DocumentEndEvent:
            yield result
            continue
        else:
            continue
        if stack:
            _place(stack, keys, document, event, places)
            _put(stack[-1][0], keys, value)
        else:
            result = value


def _refuse_decoration(event: Any) -> None:
    what = "Anchors and aliases (&, *)" if event.anchor is not None else "Tags (!)"
    hint = "write the value out, in quotes if it is text"
    raise _Refusal(f"{what} are not supported: {hint}.", event.start_mark)


def _put(container: Any, keys: list[str | None], value: Any) -> None:
    if type(container) is dict:
        container[keys[-1]] = value
        keys[-1] = None
    else:
        container.append(value)


def _place(
    stack: list[tuple[Any, tuple[str | int, ...]]], keys: list[str | None],
    document: int, event: Any, places: Places | None,
) -> tuple[str | int, ...]:  # fmt: skip
    """Return the path of the value that begins here, and note its place unless its key did."""
    if places is None:
        return ()
    if not stack:
        path: tuple[str | int, ...] = (document,)
    else:
        container, above = stack[-1]
        path = (*above, keys[-1] if type(container) is dict else len(container))  # type: ignore[arg-type]
    places.setdefault(path, (event.start_mark.line + 1, event.start_mark.column + 1))
    return path


def _key(event: Any, top: tuple[Any, tuple[str | int, ...]], places: Places | None) -> str:
    mapping, above = top
    key: str = event.value
    if key == "<<" and event.implicit[0]:
        message = "Merge keys (<<) are not supported: write the keys out."
        raise _Refusal(message, event.start_mark)
    if key in mapping:
        message = f"The key {key_shown(key)} stands twice in this mapping. Keep one of them."
        raise _Refusal(message, event.start_mark)
    if places is not None:
        places[*above, key] = (event.start_mark.line + 1, event.start_mark.column + 1)
    return key


def _scalar(event: Any) -> Any:
    """Return the value of a plain scalar by the core schema of YAML 1.2."""
    text: str = event.value
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _FIRST_OF_A_NUMBER:
        return text
    digits = text.lstrip("+-") if text[0] in "+-" else text
    if digits.isascii() and digits.isdigit():
        if digits[0] == "0" and len(digits) > 1:
            raise _Refusal(_LEADING_ZERO, event.start_mark)
        # Beyond 64 bits a count is no count.
        return int(text) if len(digits) <= 18 else float(text)  # noqa: PLR2004
    if _IN_A_NUMBER.issuperset(text):
        try:
            return float(text)
        except ValueError:
            return text
    return text
