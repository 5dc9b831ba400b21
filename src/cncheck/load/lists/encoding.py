"""Make text files UTF-8 with lines that end in LF or CRLF, and refuse what is damaged or no text."""

from __future__ import annotations

import codecs
import io
import os
import re
import tempfile
from collections.abc import Iterator

from cncheck.load.lists.source import BLOCK, EMPTY, Source

LONGEST_HEADER = 1 << 20
_LONGEST_LINE = 16 << 20
_NO_LINES = (
    f"A line has more than {_LONGEST_LINE >> 20} MiB. Is this a list with a row on each line?"
)
_NUL = "The text holds a NUL byte: it is damaged, no text, or UTF-16 without its mark. Save it as UTF-8."
_LETTERS_OF_UTF8 = 8  # so many different ones before the first bad byte: it is damaged, no GB 18030
_GB_PAIR = re.compile(rb"[\x81-\xfe][\x30-\xfe]")
_ASCII = bytes(range(128))


def utf8(source: Source) -> str:
    """Return a file with the text as UTF-8.

    The file itself if it is so already, which costs two quick looks at its bytes; else a copy.

    Raises:
        InputError: the file is empty, damaged, of another encoding, or has lines that never end.

    """
    with open(source.path, "rb") as opened:
        head = opened.read(LONGEST_HEADER)
    if not head.strip():
        raise source.refusal(EMPTY)
    encoding = _encoding(source, head)
    old = _ends_lines_in_cr(head.decode(encoding, "replace"))
    path = source.path
    if old or encoding != "utf-8":
        path = _transcoded(source, encoding, old_line_ends=old)
    _refuse_no_text(source, path)
    return path


def _encoding(source: Source, head: bytes) -> str:
    """Return the encoding of the file; raise InputError where it is none that can be told for sure."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    bad, letters = _first_bad_byte(source.path)
    if bad is None:
        return "utf-8"
    western = _looks_western(source.path, bad)  # GB 18030 would read it as nonsense
    if western or letters >= _LETTERS_OF_UTF8:
        gb = "and the file does not look like GB 18030 either"
        what = gb if western else "all before it is"
        message = f"Byte {bad} of the file is not UTF-8 text; {what}. Save the file as UTF-8."
        raise source.refusal(message, _line_of(source.path, bad))
    return "gb18030"


def _first_bad_byte(path: str) -> tuple[int | None, int]:
    """Return the offset of the first byte that is not UTF-8, if any, and how many letters precede it.

    Letters are different characters beyond ASCII; they are counted as far as that matters.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    letters: set[str] = set()
    for offset, block in _blocks(path):
        if block.isascii() and not decoder.getstate()[0]:
            continue  # nothing to decode
        try:
            decoder.decode(block, not block)
        except UnicodeDecodeError as error:
            letters |= _letters(error.object[: error.start])
            return _place(error, offset, block), len(letters)
        if len(letters) < _LETTERS_OF_UTF8:
            letters |= _letters(block)
    return None, len(letters)


def _letters(data: bytes) -> set[str]:
    return set(data.translate(None, _ASCII).decode("utf-8", "ignore"))


def _place(error: UnicodeDecodeError, offset: int, block: bytes) -> int:
    """Return where in a file `error` is: the decoder held bytes back from before `block`."""
    return offset + len(block) - len(error.object) + error.start


def _looks_western(path: str, offset: int) -> bool:
    """Return whether most bytes beyond ASCII from `offset` on stand before a plain letter."""
    with open(path, "rb") as opened:
        opened.seek(offset)
        pairs: list[bytes] = _GB_PAIR.findall(opened.read(BLOCK))
    return sum(pair[1:].isalpha() for pair in pairs) * 2 > len(pairs)


def _transcoded(source: Source, encoding: str, *, old_line_ends: bool) -> str:
    """Return a copy of the file in UTF-8; lines that end in CR end in LF there."""
    handle, path = tempfile.mkstemp(dir=source.scratch, prefix="text-")
    decoder = codecs.getincrementaldecoder(encoding)()
    line_ends = io.IncrementalNewlineDecoder(None, translate=True)
    with os.fdopen(handle, "wb") as copy:
        for offset, block in _blocks(source.path):
            try:
                text = decoder.decode(block, not block)
            except UnicodeDecodeError as error:
                at = _place(error, offset, block)
                name = {"utf-16": "UTF-16", "gb18030": "UTF-8 or GB 18030"}[encoding]
                message = f"Byte {at} of the file is not {name} text. Save the file as UTF-8."
                raise source.refusal(message, _line_of(source.path, at)) from None
            text = line_ends.decode(text, not block) if old_line_ends else text
            copy.write(text.encode())
    return path


def _ends_lines_in_cr(head: str) -> bool:
    """Return whether the first line ends in CR alone, as old systems wrote it."""
    line = re.sub(r'"[^"]*"', "", head.partition("\n")[0])
    return "\r" in line.strip("\r")


def _refuse_no_text(source: Source, path: str) -> None:
    """Raise InputError where `path` has bytes that are no text, or no lines."""
    line_start = 0
    for offset, block in _blocks(path):
        if (at := block.find(b"\0")) >= 0:
            raise source.refusal(_NUL, _line_of(path, offset + at))
        end = block.find(b"\n")
        if offset + (end if end >= 0 else len(block)) - line_start > _LONGEST_LINE:
            raise source.refusal(_NO_LINES, _line_of(path, line_start))
        if end >= 0:
            line_start = offset + block.rfind(b"\n") + 1


def _blocks(path: str) -> Iterator[tuple[int, bytes]]:
    """Yield the bytes of a file block by block with their offsets, and an empty one at the end."""
    offset = 0
    with open(path, "rb", buffering=0) as opened:
        while block := opened.read(BLOCK):
            yield offset, block
            offset += len(block)
    yield offset, b""


def _line_of(path: str, offset: int) -> int:
    """Return the line, from 1, in which the byte at `offset` is."""
    line = 1
    for at, block in _blocks(path):
        if at >= offset:
            break
        line += block.count(b"\n", 0, offset - at)
    return line
