"""Measure start-up and the throughput of descriptors, as ratios within one run.

Whole processes, run in turn so that a drift of the machine meets all alike; medians are quoted.
Byte code is compiled beforehand, as an installation does.
"""

from __future__ import annotations

import compileall
import os
import pty
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
EXAMPLE = "examples/fridge.yaml"
ROUNDS = 21
FOLDER = 2000


def wall(command: list[str], *, terminal: bool = False) -> float:
    """Return the seconds of one run of `command`, its output read and thrown away."""
    environment = {
        key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"
    }
    begin = time.perf_counter()
    if terminal:
        here, there = pty.openpty()
        process = subprocess.Popen(command, cwd=ROOT, stdout=there, stderr=there, env=environment)
        os.close(there)
        try:
            while os.read(here, 65536):
                pass
        except OSError:  # the other end is closed
            pass
        process.wait()
        os.close(here)
    else:
        subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            check=False,
            env=environment,
        )
    return time.perf_counter() - begin


def start_up() -> None:
    schema = Path(tempfile.mkdtemp()) / "product.schema.json"
    schema.write_bytes(
        subprocess.run(
            [BIN / "cncheck", "schema", "product"], capture_output=True, check=True
        ).stdout
    )
    cncheck = str(BIN / "cncheck")
    jobs = {
        "python -c pass": ([sys.executable, "-c", "pass"], False),
        "python -c 'import yaml'": ([sys.executable, "-c", "import yaml"], False),
        "cncheck, text into a pipe": ([cncheck, EXAMPLE], False),
        "cncheck, json": ([cncheck, EXAMPLE, "--format", "json"], False),
        "cncheck, on a terminal": ([cncheck, EXAMPLE], True),
        "cncheck through typer": ([cncheck, "check", EXAMPLE], False),
        "yamllint": ([str(BIN / "yamllint"), EXAMPLE], False),
        "check-jsonschema": (
            [str(BIN / "check-jsonschema"), "--schemafile", str(schema), EXAMPLE],
            False,
        ),
    }
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for round_ in range(ROUNDS + 1):
        for name, (command, terminal) in jobs.items():
            taken = wall(command, terminal=terminal)
            if round_:  # the first round warms the caches
                seconds[name].append(taken)
    base = statistics.median(seconds["python -c pass"])
    print(f"{'one small file':32}{'median ms':>10}{'min':>8}{'x python':>10}")
    for name, each in seconds.items():
        median = statistics.median(each)
        print(f"{name:32}{median * 1000:10.0f}{min(each) * 1000:8.0f}{median / base:10.1f}")


def folder() -> None:
    texts = [
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").glob("*.yaml"))
    ]
    where = Path(tempfile.mkdtemp())
    for i in range(FOLDER):
        text = re.sub(r"^id: .*$", f"id: P-{i}", texts[i % len(texts)], flags=re.MULTILINE)
        (where / f"p{i:05}.yaml").write_text(text, encoding="utf-8")
    one_core = ["taskset", "-c", "0"] if shutil.which("taskset") else []
    print(f"\n{f'{FOLDER} descriptors, one core':32}{'seconds':>10}{'a second':>10}")
    for name, options in (("text", []), ("json", ["--format", "json"])):
        command = [*one_core, str(BIN / "cncheck"), str(where), *options]
        median = statistics.median(wall(command) for _ in range(5))
        print(f"{name:32}{median:10.2f}{FOLDER / median:10.0f}")
    shutil.rmtree(where)


def measure() -> None:
    """Print both tables."""
    compileall.compile_dir(str(ROOT / "src"), quiet=1)
    start_up()
    folder()


if __name__ == "__main__":
    measure()
