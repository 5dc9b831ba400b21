"""Measure the gate over a project of 200 descriptors beside a check of their form alone.

check-jsonschema holds the same files against `cncheck schema product`: what a project may run in
its pipeline already. Whole processes in turn, and the median of the rounds' ratios.
"""

from __future__ import annotations

import compileall
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from measuring import AS_OF, Run, in_turn, process, ratio, seconds, table
from products import make

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
ROUNDS = 15


def gate(words: Sequence[object]) -> Run:
    return process([BIN / "cncheck", "check", "products", "--as-of", AS_OF, *words])


def measure() -> None:
    """Print the table."""
    checker = shutil.which("check-jsonschema", path=BIN)
    if checker is None:
        print("\ncheck-jsonschema is not installed: the gate is not measured.")
        return
    compileall.compile_dir(str(ROOT / "src"), quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        files = [file.relative_to(folder) for file in make(Path(folder))]
        os.chdir(folder)
        schema = Path("product.schema.json")
        schema.write_text(process([BIN / "cncheck", "schema", "product"]).said, encoding="utf-8")
        form = "check-jsonschema"
        jobs = {
            form: lambda: process([checker, "--schemafile", schema, *files]),
            "gate, text": lambda: gate([]),
            "gate, compact": lambda: gate(["--format", "compact"]),
            "gate, github and SARIF": lambda: gate(
                ["--format", "github", "--output", "sarif=log.sarif"]
            ),
            "gate, GitLab and JUnit": lambda: gate(
                ["--format", "markdown", "--output", "gitlab=q.json", "--output", "junit=j.xml"]
            ),
        }
        in_turn(jobs, 1)  # the first round warms the caches
        found = in_turn(jobs, ROUNDS)
        os.chdir(ROOT)
    table(
        f"{len(files)} descriptors, {ROUNDS} rounds",
        ("", "median s", "x check-jsonschema"),
        [
            (name, f"{seconds(runs):.2f}", f"{ratio(runs, found[form]):.2f}")
            for name, runs in found.items()
        ],
    )


if __name__ == "__main__":
    measure()
