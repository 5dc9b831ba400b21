"""The place of a file to write: whether it may be written, all of it or nothing, and why not."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from xlsxwriter.exceptions import FileCreateError  # type: ignore[import-untyped]

from cncheck.load.yamlfile import shown_path


def refused(path: str, sources: Iterable[str]) -> Iterator[str]:
    """Yield why `path` cannot be written, or would be read as one of `sources`."""
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if os.path.isdir(path):
        yield "This is a folder. Name a file in it, such as checked.csv."
        return
    try:
        os.stat(path)
    except FileNotFoundError:
        if not os.path.isdir(folder):
            yield f"There is no folder {shown_path(folder)}. Make it, or write elsewhere."
            return
    except OSError as error:
        yield f"Cannot write here: {reason(error)}."
        return
    else:
        yield from _taken(target, sources)
    yield from _among(target, sources)
    if not os.access(folder, os.W_OK | os.X_OK):
        yield f"Cannot write to the folder {shown_path(folder)}: {_WHY[errno.EACCES]}."


def _taken(target: str, sources: Iterable[str]) -> Iterator[str]:
    """Tell why a file that exists may not be replaced."""
    if not os.path.isfile(target):
        yield "This is a pipe or a device, which cannot be replaced. Name a file."
    elif not os.access(target, os.W_OK):
        yield "The file is write-protected. Allow writing to it, or choose another name."
    for source in sources:
        if source == "-" or not os.path.exists(source):
            continue
        if os.path.samefile(source, target):
            yield "This file is one of the lists to read. Choose another name."


def _among(target: str, sources: Iterable[str]) -> Iterator[str]:
    """Tell why a file may not lie where it would be read as a list, if not now, then next time."""
    for source in sources:
        if os.path.isdir(source) and _inside(target, os.path.realpath(source)):
            yield f"This file would be read as a list of {shown_path(source)}. Write elsewhere."


def _inside(file: str, folder: str) -> bool:
    with suppress(ValueError):  # another drive
        return os.path.commonpath([file, folder]) == folder
    return False


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """Open a file beside `path` that takes its place at the end, or is removed."""
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    part = os.path.join(folder, f".{name[:50]}.{secrets.token_hex(8)}.part")
    try:
        with open(part, "xb") as file:
            yield file
        os.replace(part, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise


_FULL = "the disk is full. Free some space, or write to another disk"
_FORBIDDEN = "you are not allowed to. Choose another folder"
_WHY = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "your quota of the disk is used up. Free some space, or write to another disk",
    errno.EFBIG: "a file cannot be that large here. Write to another disk, or to .parquet",
    errno.ENOENT: "its folder has vanished. Make it again, or write elsewhere",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: "the disk is read-only. Write to another one",
    errno.ENAMETOOLONG: "the name is too long. Choose a shorter one",
    errno.ELOOP: "it is a symbolic link that leads to itself. Choose another name",
}


def reason(error: BaseException) -> str | None:
    """Return why the system refused to write, or None where it did not."""
    if isinstance(error, FileCreateError) and isinstance(error.args[0], OSError):
        error = error.args[0]
    number = error.errno if isinstance(error, OSError) else None
    if number is None:  # polars tells it in words only, and not always as an OSError
        words = str(error)
        found = re.search(r"\(os error (\d+)\)", words)
        number = int(found[1]) if found else None
        if number is None and "No space left on device" in words:
            number = errno.ENOSPC
        if number is None:
            return words if isinstance(error, OSError) else None
    return _WHY.get(number) or os.strerror(number)
