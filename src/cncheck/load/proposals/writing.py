"""Write the parts of a map so that YAML reads them as they are."""

from __future__ import annotations

import json
import re

from cncheck.problems import one_line

LONGEST_KEY = 200  # characters; YAML reads up to 1024
_SHOWN = 60


_PLAIN_KEY = re.compile(r"[^\W\d_](?:[\w .&'/-]*[\w.'])?")
_RESERVED = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


def yaml_key(text: str) -> str:
    """Return `text` as a key of YAML."""
    if _PLAIN_KEY.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    odd = (c for c in set(quoted) if not c.isprintable())
    return quoted.translate({ord(c): json.dumps(c)[1:-1] for c in odd})


def shown(text: str) -> str:
    """Return `text` as a comment quotes it: short, in one line."""
    return json.dumps(
        one_line(text if len(text) <= _SHOWN else text[:_SHOWN] + "..."), ensure_ascii=False
    )
