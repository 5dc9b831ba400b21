"""Keep what was read and checked once: JSON in the user's own cache folder, keyed by content.

A cache must never be able to harm: it holds data only (no pickle, no marshal), its name is the hash
of the files it was made from and of the version that made it, and where the folder cannot be written
or a file in it is damaged, everything works as if it were not there.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

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
    """Return the folder to keep things in; raise OSError if this user has none."""
    named = os.environ.get("CNCHECK_CACHE_DIR")
    if named:
        return named
    if sys.platform == "linux":  # what platformdirs says there, without the 5 ms of importing it
        home = os.environ.get("XDG_CACHE_HOME", "")
        home = home if os.path.isabs(home) else os.path.expanduser("~/.cache")
        if not os.path.isabs(home):  # a user without a home, as in many containers
            raise FileNotFoundError(home)
        return os.path.join(home, "cncheck")
    from platformdirs import user_cache_dir  # noqa: PLC0415

    return user_cache_dir("cncheck", appauthor=False)


def recall(key: str) -> Any:
    """Return what was kept under `key`, or None, also where a byte of it has changed since."""
    try:
        with open(os.path.join(_folder(), f"{key}.json"), "rb") as file:
            digest, _, text = file.read().partition(b"\n")
        return json.loads(text) if digest == _digest(key, text) else None
    except (OSError, ValueError, RecursionError):
        return None


def keep(key: str, rules: Any) -> None:
    """Keep `rules` under `key` where that is possible, and only the newest few."""
    with suppress(OSError):
        folder = _folder()
        os.makedirs(folder, mode=0o700, exist_ok=True)
        draft = os.path.join(folder, f"{key}.{os.getpid()}.tmp")
        text = json.dumps(rules, ensure_ascii=False).encode()
        with open(draft, "wb") as file:
            file.write(_digest(key, text) + b"\n" + text)
        os.replace(draft, os.path.join(folder, f"{key}.json"))
        kept = [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".json")]
        for old in sorted(kept, key=os.path.getmtime, reverse=True)[_KEPT:]:
            os.remove(old)


def _digest(key: str, text: bytes) -> bytes:
    return blake2b(text, digest_size=20, key=key.encode()).hexdigest().encode()
