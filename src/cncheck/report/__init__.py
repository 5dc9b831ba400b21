"""The writers: each format is one module with `write(run) -> str`, pure and ordered."""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from cncheck.gate import Gate, Policy, Summary
from cncheck.model import Report, Rules

WRITERS = {
    "text": "cncheck.report.text",
    "json": "cncheck.report.json",
}
"""Format name -> the module that writes it, imported only when asked for."""


class View(NamedTuple):
    """How much to show, in which language ("en" or "zh")."""

    language: str = "en"
    explain: bool = False
    all: bool = False


class Run(NamedTuple):
    """All that a writer may look at."""

    report: Report
    rules: Rules
    policy: Policy
    gate: Gate
    summary: Summary
    view: View = View()


def write(run: Run, format_: str) -> str:
    """Return `run` in the format named `format_`, a key of WRITERS."""
    text: str = import_module(WRITERS[format_]).write(run)
    return text
