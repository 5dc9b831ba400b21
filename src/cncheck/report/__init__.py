"""The writers: each format is one module with `write(run) -> str`, pure and ordered."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple

from cncheck.baseline import Baseline
from cncheck.conditions import Reason
from cncheck.gate import Gate, Policy, Summary
from cncheck.model import Finding, Report, Rules
from cncheck.waivers import Waived


class Format(NamedTuple):
    """A format of the report."""

    module: str
    """The module that writes it, imported only when asked for."""
    placed: bool = False
    """It tells where in the files things stand, so the door must note it."""


WRITERS = {
    "text": Format("cncheck.report.text"),
    "json": Format("cncheck.report.json"),
    "compact": Format("cncheck.report.compact", placed=True),
    "sarif": Format("cncheck.report.sarif", placed=True),
    "junit": Format("cncheck.report.junit", placed=True),
    "github": Format("cncheck.report.github", placed=True),
    "gitlab": Format("cncheck.report.gitlab", placed=True),
    "markdown": Format("cncheck.report.markdown", placed=True),
}


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
    waived: Waived = Waived()
    baseline: Baseline = Baseline()
    gone: int = 0
    """How much of the baseline is no longer found."""


def write(run: Run, format_: str) -> str:
    """Return `run` in the format named `format_`, a key of WRITERS."""
    text: str = import_module(WRITERS[format_].module).write(run)
    return text


_NO_NEWS = ("evidence.", "entry.")


def presumptions(finding: Finding) -> Iterator[Reason]:
    """Yield what a finding and its duties presume about the product.

    That nobody stated contrary evidence goes without saying, and so does what the catalogue lacks;
    that a duty is not the reader's for want of a role is told with the duty.
    """
    sides = (
        (finding.reasons, _NO_NEWS),
        *((d.reasons, (*_NO_NEWS, "roles")) for d in finding.duties),
    )
    for reasons, no_news in sides:
        for reason in reasons:
            if reason.presumed and not reason.fact.startswith(no_news):
                yield reason
