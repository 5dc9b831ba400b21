"""The report as JUnit XML: a suite for each product, a case for each duty.

A case passes only where the duty is known to be met. It fails where it trips the gate; all else is
skipped, with its state, so that silence never looks like a test that passed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree as ET

from cncheck.model import ProductReport
from cncheck.report import Run
from cncheck.report.lines import Page
from cncheck.report.results import Result, page_of, pardon, results, spot
from cncheck.report.words import STATUSES

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Case(NamedTuple):
    name: str
    outcome: str
    """"" = passed, else failure, error or skipped."""
    message: str = ""
    kind: str = ""
    detail: str = ""


_Results = dict[tuple[int, str], Result]


def write(run: Run) -> str:
    """Return the suites; the same input gives the same bytes."""
    page = page_of(run)
    found = list(results(run))
    by_key = {(one.number, one.about): one for one in found if not one.of_enterprise}
    suites = ET.Element("testsuites")
    for number, one in enumerate(run.report.products):
        properties = {"file": one.product.file, "as_of": run.report.as_of.isoformat()}
        cases = list(_cases(number, one, by_key, page))
        _suite(suites, one.product.id, cases, run, properties)
    for enterprise in dict.fromkeys(finding.enterprise for finding in run.report.portfolio):
        own = [one for one in found if one.of_enterprise and one.subject == enterprise]
        if own:
            _suite(suites, enterprise, [_case(one, page) for one in own], run, {})
    if run.report.errors:
        cases = [
            _Case(
                ":".join(str(part) for part in (p.file, p.line, p.column) if part) or "input",
                "error", p.message, "input",
            )
            for p in run.report.errors
        ]  # fmt: skip
        _suite(suites, "input", cases, run, {})
    elif not run.report.products or not run.report.packs:
        _suite(suites, "input", [_Case("input", "error", page.say("nothing"), "nothing")], run, {})
    ET.indent(suites)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"
    )


def _cases(number: int, one: ProductReport, by_key: _Results, page: Page) -> Iterator[_Case]:
    for finding in one.findings:
        if finding.verdict == "undetermined":
            found = by_key.get((number, finding.pack.id))
            said = page(STATUSES["undetermined"])
            yield _case(found, page) if found else _Case(finding.pack.id, "skipped", said)
        if finding.verdict != "applies":
            continue
        for duty in finding.duties:
            found = by_key.get((number, duty.obligation.id))
            if found:
                yield _case(found, page)
            else:
                outcome = "" if duty.status == "met" else "skipped"
                yield _Case(duty.obligation.id, outcome, page(STATUSES[duty.status]))


def _case(one: Result, page: Page) -> _Case:
    where = spot(one.place)
    why = pardon(one, page)
    outcome = "failure" if one.fails else "skipped"
    message = f"{one.message} ({why})" if why else one.message
    return _Case(one.about, outcome, message, one.status, where)


def _suite(
    suites: ET.Element, name: str, cases: list[_Case], run: Run, properties: dict[str, str]
) -> None:
    outcomes = [case.outcome for case in cases]
    suite = ET.SubElement(suites, "testsuite", {
        "name": _clean(name) or "-", "id": str(len(suites)), "package": "cncheck",
        "timestamp": f"{run.report.as_of.isoformat()}T00:00:00", "hostname": "localhost",
        "tests": str(len(cases)), "failures": str(outcomes.count("failure")),
        "errors": str(outcomes.count("error")), "skipped": str(outcomes.count("skipped")),
        "time": "0",
    })  # fmt: skip
    holder = ET.SubElement(suite, "properties")
    for key, value in properties.items():
        ET.SubElement(holder, "property", name=key, value=_clean(value))
    for case in cases:
        row = ET.SubElement(
            suite, "testcase", name=_clean(case.name), classname=_clean(name) or "-", time="0"
        )
        if case.outcome:
            inner = ET.SubElement(row, case.outcome, message=_clean(case.message))
            if case.outcome != "skipped":
                inner.set("type", case.kind)
                inner.text = _clean(
                    f"{case.detail}: {case.message}" if case.detail else case.message
                )
    ET.SubElement(suite, "system-out")
    ET.SubElement(suite, "system-err")


def _clean(text: str) -> str:
    """Return text that XML may hold."""
    return " ".join(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text).split())
