"""Find the files in a folder, in an order that no file system decides."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from cncheck.load.yamlfile import shown_path
from cncheck.model import Problem


def files_below(
    folder: str, endings: tuple[str, ...], left_out: tuple[str, ...], problems: list[Problem],
    shown: Callable[[str], str] = shown_path,
) -> Iterator[str]:  # fmt: skip
    """Yield the paths of the files below `folder`, without hidden folders and installed packages.

    Links to folders are followed, to each folder once.

    Args:
        folder: where to look.
        endings: in small letters, of the files that are wanted.
        left_out: beginnings of names that are not.
        problems: filled with the folders that could not be read.
        shown: how a message shows a path.

    """

    def refuse(error: OSError) -> None:
        message = f"Cannot read the folder: {error.strerror}."
        problems.append(Problem(message, shown(error.filename)))

    seen: set[str] = set()
    for here, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        real = os.path.realpath(here)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "node_modules")
        for name in sorted(files):
            path = os.path.join(here, name)
            if (
                name.lower().endswith(endings)
                and not name.startswith(left_out)
                and not _waits(path)
            ):
                yield path


def _waits(path: str) -> bool:
    """Return whether `path` is a pipe or a device, which might never end (a broken link is none)."""
    return os.path.exists(path) and not os.path.isfile(path)
