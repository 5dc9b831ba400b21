"""The report as a GitLab code quality file: an issue for each result and each input error."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from cncheck.model import Place
from cncheck.report import Run
from cncheck.report.results import fingerprint, level, page_of, pardon, results

_SEVERITIES = {"error": "critical", "warning": "major", "note": "info"}


def write(run: Run) -> str:
    """Return the issues as a JSON list, with fingerprints that are all different."""
    seen: Counter[str] = Counter()
    issues = []
    for issue in _issues(run):
        seen[issue["fingerprint"]] += 1
        times = seen[issue["fingerprint"]]
        if times > 1:  # products may share an id
            issue["fingerprint"] += f"-{times}"
        issues.append(issue)
    return json.dumps(issues, ensure_ascii=False, indent=1) + "\n"


def _issues(run: Run) -> Iterator[dict[str, Any]]:
    page = page_of(run)
    for one in results(run):
        why = pardon(one, page)
        said = f"{one.subject}: {one.message}"
        yield {
            "description": f"{said} ({why})" if why else said,
            "check_name": one.about,
            "fingerprint": fingerprint(one),
            "severity": "info" if why else _SEVERITIES[level(one)],
            "location": _location(one.place),
        }
    for problem in run.report.errors:
        yield {
            "description": problem.message,
            "check_name": "cncheck/input",
            "fingerprint": f"input-{problem.file}",
            "severity": "blocker",
            "location": _location(Place(problem.file, problem.line)),
        }


def _location(place: Place) -> dict[str, Any]:
    return {"path": place.file.removeprefix("./"), "lines": {"begin": place.line or 1}}
