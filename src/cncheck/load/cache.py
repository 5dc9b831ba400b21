"""Keep what was read and checked once: JSON in the user's own cache folder, keyed by content.

A cache must never be able to harm: it holds data only (no pickle, no marshal), its name is the hash
of the files it was made from and of the version that made it, and where the folder cannot be written
or a file in it is damaged, everything works as if it were not there.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

_KEPT = 8


def _folder() -> Path:
    named = os.environ.get("CNCHECK_CACHE_DIR")
    if named:
        return Path(named)
    from platformdirs import user_cache_path  # noqa: PLC0415  10 ms where the variable is set

    return user_cache_path("cncheck", appauthor=False)


def recall(key: str) -> Any:
    """Return what was kept under `key`, or None."""
    try:
        kept = json.loads((_folder() / f"{key}.json").read_bytes())
    except (OSError, ValueError, RuntimeError, RecursionError):
        return None
    return kept["rules"] if isinstance(kept, dict) and kept.get("key") == key else None


def keep(key: str, rules: Any) -> None:
    """Keep `rules` under `key` where that is possible, and only the newest few."""
    with suppress(OSError, RuntimeError):
        folder = _folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / f"{key}.{os.getpid()}.tmp"
        text = json.dumps({"key": key, "rules": rules}, ensure_ascii=False)
        draft.write_text(text, encoding="utf-8")
        draft.replace(folder / f"{key}.json")
        kept = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in kept[_KEPT:]:
            old.unlink()
