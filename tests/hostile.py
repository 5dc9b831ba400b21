"""Hostile descriptors, drawn by a seed and a number, and a process of bounded memory that checks them.

`python tests/hostile.py 20000` (make fuzz) checks so many and prints what broke a promise: an exit
code that is none of a verdict, a traceback, more than a gibibyte, or more than SECONDS of the processor.
A number is enough to draw its descriptor again: `python tests/hostile.py --show 4711`.
"""

from __future__ import annotations

import contextlib
import copy
import faulthandler
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

HERE = Path(__file__).parent
SEED = 20261121
MEMORY = 1 << 30
SECONDS = 20.0  # of the processor; what a file of the largest size takes is about a tenth
_AT_ONCE = 500  # descriptors that one process checks
_HANGS = 300.0  # seconds of the clock after which a process is taken to hang


class Hostile(NamedTuple):
    """A file that somebody may give to cncheck, and how it is asked about."""

    name: str
    content: bytes
    options: tuple[str, ...]


class Broken(NamedTuple):
    """A promise that was not kept."""

    number: int
    what: str


# ---- drawing -----------------------------------------------------------------------------------------

BITS = (
    b"NO", b".nan", b"-1", b"1e999", b"&a ", b"*a", b"!!str ", b"!!python/object:os.system ", b"[", b"]",
    b"{", b"}", b": ", b"- ", b"\n", b"\t", b"\0", b"\xff", b"0510", b"\n---\n", b"2026-02-30",
    b"9999-12-31", b"null", b"true", b'"', b"'", b"|\n", b">-\n", b"? ", b"<<: ", b"#", b"%YAML 1.2\n",
    b"%TAG ! tag:x,2026:\n", "空调".encode(), b"\r", b"...\n", "\u2028".encode(), b'"\\e"', b'"\\ud800"',
    b"99999999999999999999", b"\xef\xbb\xbf", b"\x1b[31m", b"\x85", "\u202e".encode(), "\U0001f600".encode(),
    "e\u0301".encode(), "\u200b".encode(), b"\xed\xa0\x80", b"=", b"~", b"1_000", b"0x1F", b"1:30", b"+.5",
)  # fmt: skip
_NUMBERS: tuple[Any, ...] = (
    0, -1, 2**31, 2**53, 2**63, 2**64, -(2**63), 10**17, 10**18, 10**300, 1e308, 1e-320, -0.0,
    float("inf"), float("-inf"), float("nan"), 0.1 + 0.2,
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    *_NUMBERS, None, True, False, "", " ", "-", "none", "2026-13-01", "0001-01-01", "monitor", [], {},
    [None], [[]], {"": ""}, {"a": {"b": {"c": []}}}, ["producer", 5], "x" * 3000, "\u202e", "空调",
)  # fmt: skip


@cache
def _texts() -> tuple[bytes, ...]:
    files = (*(HERE.parent / "examples").glob("*.yaml"), *(HERE / "bad_descriptors").iterdir())
    return tuple(file.read_bytes() for file in sorted(files))


@cache
def _descriptors() -> tuple[dict[str, Any], ...]:
    read = (
        yaml.safe_load(f.read_bytes()) for f in sorted((HERE.parent / "examples").glob("*.yaml"))
    )
    return tuple(json.loads(json.dumps(row, default=str)) for row in read)


def _mutated(by: random.Random) -> bytes:
    text = by.choice(_texts())
    for _ in range(by.randint(1, 3)):
        start = by.randrange(len(text) + 1)
        end = min(len(text), start + by.randint(0, 12))
        bit = by.choice(BITS)
        text = by.choice((
            text[:start] + text[end:], text[:start] + bit + text[end:], text[:start] + bit + text[start:],
            text[:end] + text[start:],
        ))  # fmt: skip
    return text


def _truncated(by: random.Random) -> bytes:
    text = by.choice(_texts())
    return text[: by.randrange(len(text) + 1)]


def _spliced(by: random.Random) -> bytes:
    one, other = by.choice(_texts()), by.choice(_texts())
    return one[: by.randrange(len(one) + 1)] + other[by.randrange(len(other) + 1) :]


def _lines_repeated(by: random.Random) -> bytes:
    lines = by.choice(_texts()).splitlines(keepends=True) or [b"\n"]
    for _ in range(by.randint(1, 4)):
        lines.insert(by.randrange(len(lines) + 1), by.choice(lines))
    return b"".join(lines)


def _deep(by: random.Random) -> bytes:
    levels = by.choice((3, 90, 99, 100, 101, 1000, 20_000))
    opening, closing = by.choice(
        ((b"[", b"]"), (b"{a: ", b"}"), (b"- ", b""), (b"? ", b""), (b'{"a":', b"}"))
    )
    key = by.choice((b"", b"name: ", b"materials: ", b"evidence: ", b"roles: "))
    head = b"id: P\nproduct_type: monitor\n" if key else b""
    return (
        head
        + key
        + opening * levels
        + by.choice((b"1", b"", b"x: y"))
        + closing * by.choice((levels, 0))
    )


def _retyped(by: random.Random) -> bytes:
    row = json.loads(json.dumps(by.choice(_descriptors())))
    for _ in range(by.randint(1, 4)):
        holder: Any = row
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = by.choice(keys)
            if isinstance(holder[key], (dict, list)) and by.random() < 0.7:
                holder = holder[key]
                continue
            holder[key] = copy.deepcopy(by.choice(_VALUES))
            break
    return json.dumps(row, ensure_ascii=by.random() < 0.5).encode("utf-8", "surrogatepass")


def _materials(by: random.Random) -> bytes:
    count = int(10 ** by.uniform(0, 4))
    substances = ["Pb", "Hg", "Cd", "CrVI", "PBB", "PBDE", "DEHP", "BBP", "DBP", "DIBP", "Xx"]
    rows = [
        {"part": f"p{i}", "material": by.choice(("PVC", None, 5)),
         "substances": {by.choice(substances[:10] if by.random() < 0.999 else substances):
                        by.choice((0, 1, 1000, 1000.1, 1e6)) for _ in range(by.randint(0, 3))},
         "exemption": by.choice((None, "6.1", f"e{i}"))}
        for i in range(count)
    ]  # fmt: skip
    return json.dumps({"id": "P", "product_type": "toaster", "materials": rows}).encode()


def _many(by: random.Random) -> bytes:
    row = by.choice(_descriptors()) if by.random() < 0.5 else {"id": "P", "product_type": "x"}
    count = int(10 ** by.uniform(0, 2))
    if by.random() < 0.5:
        return json.dumps([row] * count).encode()
    return (yaml.safe_dump(row, allow_unicode=True) + "---\n").encode() * count


def _long(by: random.Random) -> bytes:
    length = int(10 ** by.uniform(1, 5))
    word = by.choice(
        ("a", "9", "-", " ", "'", "空", "\u0301", "a: ", "!", "&", "%", "#", "\\", "0", ".", "e")
    )
    key = by.choice(
        ("id", "name", "product_type", "roles", "rated_energy_kwh", "produced_on", "x", word * 50)
    )
    quote = by.choice(("", '"', "'"))
    text = f"id: P\nproduct_type: monitor\n{key}: {quote}{word * length}{quote}\n"
    return text.encode()


def _strange(by: random.Random) -> bytes:
    row = dict(by.choice(_descriptors()))
    text = "".join(chr(by.choice((by.randrange(32), by.randrange(127, 0x800), by.randrange(0xD800, 0x110000))))
                   for _ in range(by.randint(1, 12)))  # fmt: skip
    row[by.choice([*row, text])] = text
    return json.dumps(row, ensure_ascii=by.random() < 0.5).encode("utf-8", "surrogatepass")


def _json(by: random.Random) -> bytes:
    text = json.dumps(by.choice(_descriptors()), indent=by.choice((None, 1)))
    at = by.randrange(len(text) + 1)
    bit = by.choice((",", "//", "/* */", "NaN", "Infinity", "'", "\\u0000", "\\ud83d", "\\ud83d\\ude00", "[", "}",
                     '"id": 1,', "\ufeff", "0x10", "1.", "-", "True", "\n\n", "#"))  # fmt: skip
    return (text[:at] + bit + text[at:]).encode()


def _encoded(by: random.Random) -> bytes:
    text = by.choice(_texts()).decode("utf-8", "replace")
    return text.encode(by.choice(("utf-16", "utf-32", "gb18030", "latin-1", "utf-7")), "replace")


KINDS: dict[str, Callable[[random.Random], bytes]] = {
    "mutated": _mutated, "truncated": _truncated, "spliced": _spliced, "lines": _lines_repeated,
    "deep": _deep, "retyped": _retyped, "materials": _materials, "many": _many, "long": _long,
    "strange": _strange, "json": _json, "encoded": _encoded,
}  # fmt: skip
_OFTEN = {"mutated": 12, "retyped": 8, "spliced": 4, "json": 4, "strange": 4, "lines": 3}


def draw(number: int) -> Hostile:
    """Return the descriptor of this number: the same on every run and machine."""
    by = random.Random(f"{SEED}/{number}")  # noqa: S311
    (kind,) = by.choices(list(KINDS), [_OFTEN.get(kind, 1) for kind in KINDS])
    ending = ".json" if kind == "json" else by.choice((".yaml", ".yaml", ".json"))
    options = (
        *(
            "--format",
            by.choice(("text", "json")),
            "--as-of",
            "2026-11-21",
            "--lang",
            by.choice(("en", "zh")),
        ),
        *by.choice(
            (
                (),
                ("--explain",),
                ("--all",),
                ("--strict",),
                ("--no-presume",),
                ("--whole-portfolio",),
            )
        ),
    )
    return Hostile(f"{kind}{ending}", KINDS[kind](by), options)


# ---- checking, in a process of its own ---------------------------------------------------------------


def _check_all(first: int, last: int) -> None:
    """Check the descriptors of these numbers; write each number before, what broke after."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    from cncheck import __main__ as entry
    from cncheck.commands import check as command

    rules = command.load_rules()
    command.load_rules = lambda *_: rules  # they are the same for all
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    crashes: list[str] = []
    entry._crashed = lambda error: (
        crashes.append("".join(traceback.format_exception(error)[-3:])) or 70
    )  # type: ignore[assignment,func-returns-value]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, last):
            print(number, file=out, flush=True)
            faulthandler.dump_traceback_later(_HANGS, exit=True)
            for what in (*_broken(draw(number), folder, entry.main), *crashes):
                print(json.dumps([number, what]), file=out, flush=True)
            crashes.clear()
            faulthandler.cancel_dump_traceback_later()


def _broken(hostile: Hostile, folder: str, main: Callable[[], None]) -> Iterator[str]:
    """Check one descriptor and yield each promise it broke."""
    path = os.path.join(folder, hostile.name)
    Path(path).write_bytes(hostile.content)
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in "oe"]
    before, code = time.process_time(), None
    sys.argv = ["cncheck", "check", path, *hostile.options]
    with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        except BaseException as error:  # noqa: BLE001  nothing may get out
            yield f"{type(error).__name__} got out of main"
    seconds = time.process_time() - before
    os.unlink(path)
    told, said = ((s.flush(), s.buffer.getvalue())[1] for s in reversed(streams))  # type: ignore[attr-defined]
    if code not in range(6):
        yield f"exit code {code}: {told[-300:].decode('utf-8', 'replace')}"
    if b"Traceback" in told + said:
        yield "a traceback"
    if seconds > SECONDS:
        yield f"{seconds:.0f} s of the processor"
    if b"\x1b" in told + said:
        yield "an escape reached the terminal"
    if "json" in hostile.options and code in (0, 1, 4):
        json.loads(said)


# ---- the parent --------------------------------------------------------------------------------------


def broken(first: int, last: int) -> Iterator[Broken]:
    """Yield what the descriptors of these numbers break; a process that dies is started again."""
    while first < last:
        upto = min(first + _AT_ONCE, last)
        command = [sys.executable, __file__, "--numbers", str(first), str(upto)]
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", check=False
        )
        at = first
        for line in done.stdout.splitlines():
            if line.isdigit():
                at = int(line)
            else:
                yield Broken(*json.loads(line))
        if done.returncode:
            yield Broken(at, f"the process died ({done.returncode}): {done.stderr[-600:]}")
            upto = at + 1
        first = upto


def _main(arguments: list[str]) -> int:
    match arguments:
        case ["--numbers", first, last]:
            _check_all(int(first), int(last))
            return 0
        case ["--show", number]:
            hostile = draw(int(number))
            print(hostile.name, *hostile.options, file=sys.stderr)
            sys.stdout.buffer.write(hostile.content)
            return 0
        case [count]:
            began, found = time.monotonic(), 0
            for one in broken(0, int(count)):
                found += 1
                print(f"{one.number} ({draw(one.number).name}): {one.what}", flush=True)
            print(
                f"{count} descriptors in {time.monotonic() - began:.0f} s: {found} promises broken"
            )
            return int(found > 0)
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
