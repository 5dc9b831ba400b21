"""Keep what was read and checked once: JSON in the user's own cache folder, keyed by content.

A cache must never be able to harm: it holds data only (no pickle, no marshal), its name is the hash
of the files it was made from and of the version that made it, and where the folder cannot be written
or a file in it is damaged, everything works as if it were not there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson

try:  # what hashlib hands out, without the 3 ms of loading OpenSSL
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

_KEPT = 8


def key(version: str, files: Mapping[str, bytes]) -> str:
    """Return the name under which what was made of `files` is kept: a hash of all they say."""
    digest = blake2b(version.encode(), digest_size=20)
    for path, data in files.items():
        digest.update(f"\n{path}:{len(data)}\n".encode("utf-8", "replace"))
        digest.update(data)
    return digest.hexdigest()


def _folder() -> str:
    named = os.environ.get("CNCHECK_CACHE_DIR")
    if named:
        return named
    if sys.platform == "linux":  # what platformdirs says there, without the 5 ms of importing it
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        return os.path.join(home, "cncheck")
    from platformdirs import user_cache_dir  # noqa: PLC0415

    return user_cache_dir("cncheck", appauthor=False)


def recall(key: str) -> Any:
    """Return what was kept under `key`, or None."""
    try:
        with open(os.path.join(_folder(), f"{key}.json"), "rb") as file:
            kept = orjson.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return None
    return kept["rules"] if isinstance(kept, dict) and kept.get("key") == key else None


def keep(key: str, rules: Any) -> None:
    """Keep `rules` under `key` where that is possible, and only the newest few."""
    with suppress(OSError):
        folder = _folder()
        os.makedirs(folder, mode=0o700, exist_ok=True)
        draft = os.path.join(folder, f"{key}.{os.getpid()}.tmp")
        with open(draft, "wb") as file:
            file.write(orjson.dumps({"key": key, "rules": rules}))
        os.replace(draft, os.path.join(folder, f"{key}.json"))
        kept = [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".json")]
        for old in sorted(kept, key=os.path.getmtime, reverse=True)[_KEPT:]:
            os.remove(old)
