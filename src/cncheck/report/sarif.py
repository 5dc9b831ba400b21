"""The report as SARIF 2.1.0, for code scanning: a rule for each duty, a result for each finding.

Laid out so that GitHub takes it: each result has a location and a fingerprint that stays when lines
move, and what nobody can decide is no alert. A run that could not read its input says so in
`executionSuccessful`: uploaded all the same, it would close the alerts of what was not read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from cncheck import __version__
from cncheck.conditions import Text
from cncheck.model import Citation, Place, Problem
from cncheck.report import Run
from cncheck.report.lines import Page, cite
from cncheck.report.results import Result, fingerprint, level, page_of, pardon, results
from cncheck.report.text import waiver_notice
from cncheck.report.words import WAIVERS

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_INPUT = "cncheck/input"
_LEVELS = {"mandatory": "error", "pilot": "warning"}


def write(run: Run) -> str:
    """Return the report as one SARIF log."""
    return json.dumps(document(run), ensure_ascii=False, indent=1) + "\n"


def document(run: Run) -> dict[str, Any]:
    """Return the report as plain data."""
    page = page_of(run)
    rules = [*_rules(run, page), _input_rule()]
    index = {rule["id"]: i for i, rule in enumerate(rules)}
    seen: Counter[str] = Counter()
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "cncheck", "version": __version__, "rules": rules}},
                "automationDetails": {"id": "cncheck/"},
                "columnKind": "unicodeCodePoints",
                "invocations": [_invocation(run, page)],
                "results": [
                    *(
                        _result(one, page, index, seen, with_baseline=bool(run.baseline.worst))
                        for one in results(run)
                    ),
                    *(_input_error(problem, index, seen) for problem in run.report.errors),
                ],
                "properties": {"asOf": run.report.as_of.isoformat()},
            }
        ],
    }


def _rules(run: Run, page: Page) -> Iterator[dict[str, Any]]:
    """Yield a rule for each duty, and one for each scheme that may be undetermined."""
    for pack in run.report.packs:
        force = pack.phases[-1].force if pack.phases else pack.force
        yield _rule(pack.id, pack.title, pack.summary, force, pack.cite, page)
        for duty in pack.obligations:
            own = duty.force or (duty.phases or pack.phases)[-1].force
            yield _rule(duty.id, duty.title, duty.means, own, duty.cite, page)


def _rule(
    id_: str, title: Text, means: Text, force: str, cited: tuple[Citation, ...], page: Page
) -> dict[str, Any]:
    sources = page.rules.vocabulary.sources
    link = next((sources[one.source].url for one in cited if sources[one.source].url), "")
    said = f"{page(means)}\n\n{cite(cited, page.rules, page.view)}\n\ncncheck explain {id_}"
    return {
        "id": id_,
        "name": id_,
        "shortDescription": {"text": page(title)},
        "fullDescription": {"text": page(means)},
        "help": {"text": said, "markdown": said.replace("cncheck explain", "`cncheck explain`")},
        **({"helpUri": link} if link else {}),
        "defaultConfiguration": {"level": _LEVELS.get(force, "note")},
        "properties": {"tags": [id_.partition("/")[0], force]},
    }


def _input_rule() -> dict[str, Any]:
    text = "The descriptor cannot be used, so its product was not checked."
    return {
        "id": _INPUT,
        "name": _INPUT,
        "shortDescription": {"text": "Descriptor that cannot be used"},
        "fullDescription": {"text": text},
        "help": {"text": f"{text} The message says where, what and how to mend it."},
        "defaultConfiguration": {"level": "error"},
    }


def _result(
    one: Result, page: Page, index: dict[str, int], seen: Counter[str], *, with_baseline: bool
) -> dict[str, Any]:
    decided = one.status in ("violated", "open") or one.fails
    why = pardon(one, page)
    waived = {"kind": "external", "status": "accepted", "justification": why}
    return {
        "ruleId": one.about,
        "ruleIndex": index[one.about],
        "kind": "fail" if decided else "open",
        "level": level(one) if decided else "none",
        "message": {"text": f"{one.subject}: {one.message}"},
        "locations": [_location(one.place)],
        "partialFingerprints": _fingerprints(fingerprint(one), seen),
        **({"baselineState": "unchanged" if one.known else "new"} if with_baseline else {}),
        **({"suppressions": [waived]} if one.waiver else {}),
        "properties": {"product": one.subject, "status": one.status, "force": one.force},
    }


def _fingerprints(text: str, seen: Counter[str]) -> dict[str, str]:
    """Return the fingerprint under the name GitHub looks for; products may share an id."""
    seen[text] += 1
    return {"primaryLocationLineHash": f"{text}:{seen[text]}"}


def _input_error(problem: Problem, index: dict[str, int], seen: Counter[str]) -> dict[str, Any]:
    return {
        "ruleId": _INPUT,
        "ruleIndex": index[_INPUT],
        "kind": "fail",
        "level": "error",
        "message": {"text": problem.message},
        "locations": [_location(Place(problem.file, problem.line, problem.column))],
        "partialFingerprints": _fingerprints(f"input {problem.file}", seen),
    }


def _location(place: Place) -> dict[str, Any]:
    region = {"startLine": place.line or 1, "startColumn": place.column or 1}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(place.file)}, "region": region}}


def _uri(file: str) -> str:
    path = quote((file or "-").replace("\\", "/").removeprefix("./"))
    return f"file://{path}" if path.startswith("/") else path


def _invocation(run: Run, page: Page) -> dict[str, Any]:
    """Return how the run went; what needs attention beside the results are its notifications."""
    problems = [
        {
            "level": "error",
            "message": {"text": problem.message},
            "locations": [_location(Place(problem.file, problem.line, problem.column))],
        }
        for problem in run.report.errors
    ]
    waivers = [
        {
            "level": "warning",
            "message": {"text": waiver_notice(standing, page)},
            "locations": [_location(standing.waiver.place)],
        }
        for standing in run.waived.standings
        if standing.state in WAIVERS
    ]
    return {
        "executionSuccessful": bool(
            run.report.products and run.report.packs and not run.report.errors
        ),
        "toolExecutionNotifications": [*problems, *waivers],
    }
