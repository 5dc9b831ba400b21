"""The way in. A plain check does not wait for the command-line framework to be imported."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

_INTERRUPTED = 130
_PLAIN = {"--format": "format", "--as-of": "as_of"}


def plain_check(arguments: Sequence[str]) -> dict[str, object] | None:
    """Return the options of a check of this plain shape, or None for the framework to decide.

    The shape: paths, and `--format text|json` and `--as-of DATE` at most once each.
    """
    from cncheck.commands import NAMES  # noqa: PLC0415

    options: dict[str, object] = {}
    paths: list[str] = []
    rest = iter(arguments)
    for word in rest:
        if word in _PLAIN:
            value = next(rest, "")
            if not value or value.startswith("-") or _PLAIN[word] in options:
                return None
            options[_PLAIN[word]] = value
        elif word.startswith("-") and word != "-":
            return None
        else:
            paths.append(word)
    if not paths or paths[0] in NAMES or options.get("format", "text") not in ("text", "json"):
        return None
    return {"paths": paths, **options}


def main() -> None:
    """Run cncheck and leave with its exit code; a crash is never mistaken for a verdict."""
    gc.disable()  # a short life of immutable values: there are no cycles to look for
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    try:
        options = plain_check(sys.argv[1:])
        if options is not None:
            from cncheck.commands.check import check  # noqa: PLC0415

            code = check(**options)  # type: ignore[arg-type]
        else:
            from cncheck.cli import run  # noqa: PLC0415

            code = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except KeyboardInterrupt:
        _tell("Interrupted.\n")
        code = _INTERRUPTED
    except MemoryError:
        _tell("cncheck ran out of memory. Check fewer or smaller files at a time.\n")
        code = 70
    except Exception as error:  # noqa: BLE001  the last door: no traceback, no code of a verdict
        code = _crashed(error)
    if code == _INTERRUPTED:  # threads may still be at work on a list: do not fall over them
        os._exit(code)
    sys.exit(code)


def _tell(text: str) -> None:
    with suppress(OSError):  # the exit code tells it too
        sys.stderr.write(text)
        sys.stderr.flush()


def _crashed(error: Exception) -> int:
    if os.environ.get("CNCHECK_DEBUG"):
        raise error
    _tell(
        f"cncheck failed: {type(error).__name__}{_where(error)}\n"
        "This is a fault of cncheck, not of your product, and no verdict."
        " Set CNCHECK_DEBUG=1 and run again to see where; please report it.\n"
    )
    return 70


def _where(error: Exception) -> str:
    """Return the place of a crash; its message may quote what a descriptor says."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None:
        return ""
    return f" in {os.path.basename(place.tb_frame.f_code.co_filename)}, line {place.tb_lineno}"


if __name__ == "__main__":
    main()
