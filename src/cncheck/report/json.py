"""The report as JSON, version 1. Fields are copied by hand, so that the model may change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from cncheck import __version__
from cncheck.conditions import Reason, Text
from cncheck.model import (
    Change,
    Citation,
    Duty,
    Finding,
    Match,
    Note,
    Origin,
    PortfolioFinding,
    Problem,
    ProductReport,
    Source,
)
from cncheck.report import Run, presumptions
from cncheck.waivers import Key, Standing, Waiver

SCHEMA = "cncheck/report/1"
_LAID_OUT = 4  # the document, its products, a product, its schemes
_encode = json.JSONEncoder(ensure_ascii=False).encode
_ANSWERS = {True: "yes", False: "no", None: "unknown"}


def write(run: Run) -> str:
    """Return the whole report as one JSON document; the same input gives the same bytes."""
    return "".join(_laid_out(document(run), _LAID_OUT, "")) + "\n"


def _laid_out(value: Any, levels: int, indent: str) -> Iterator[str]:
    """Yield JSON whose outer `levels` stand line by line; each scheme is a line of its own.

    An indent throughout would take the encoder's slow way: ten times the evaluation.
    """
    if not levels or not value or not isinstance(value, (dict, list)):
        yield _encode(value)
        return
    inner = indent + "  "
    pairs = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    for i, (key, item) in enumerate(pairs):
        yield f"{',' if i else opening}\n{inner}"
        if key is not None:
            yield f"{_encode(key)}: "
        yield from _laid_out(item, levels - 1, inner)
    yield f"\n{indent}{closing}"


def document(run: Run) -> dict[str, Any]:
    """Return the report as plain data."""
    report, result, counts = run.report, run.gate, run.summary
    cited: dict[str, None] = {}
    products = [_product(one, run.waived.by_key, cited) for one in report.products]
    sources = run.rules.vocabulary.sources
    return {
        "schema": SCHEMA,
        "tool": {"name": "cncheck", "version": __version__},
        "as_of": report.as_of.isoformat(),
        "packs": [
            {"id": p.id, "version": p.version, "reviewed": p.reviewed, "sha256": p.sha256}
            for p in report.packs
        ],
        "products": products,
        "portfolio": [_portfolio(finding) for finding in report.portfolio],
        "errors": [_problem(problem) for problem in report.errors],
        "skipped": list(report.skipped),
        "not_covered": [text.en for text in report.not_covered],
        "summary": {
            "products": counts.products,
            "applies": counts.applies,
            "undetermined": counts.undetermined,
            "violated": counts.violated,
            "open": counts.open,
        },
        "gate": {
            "fail_on": list(result.fail_on),
            "tripped": result.tripped,
            "reasons": list(result.reasons),
            "let_pass": [
                {
                    "subject": trip.subject,
                    "id": trip.about,
                    "status": trip.word,
                    "by": "waiver"
                    if (trip.subject, trip.about) in run.waived.by_key
                    else "baseline",
                }
                for trip in result.passed
            ],
        },
        "waivers": [_standing(standing) for standing in run.waived.standings],
        "sources": {name: _source(sources[name]) for name in sorted(cited)},
    }


def _source(source: Source) -> dict[str, str]:
    row = {"publisher": source.publisher, "date": source.date, "url": source.url}
    return {"title": source.title, **{key: value for key, value in row.items() if value}}


def _standing(standing: Standing) -> dict[str, Any]:
    waiver = standing.waiver
    return {
        "enterprise" if waiver.of_enterprise else "product": waiver.subject,
        "scheme" if waiver.of_scheme else "obligation": waiver.about,
        **_waiver(waiver),
        "file": waiver.place.file,
        "line": waiver.place.line,
        "state": standing.state,
        "covers": [{"subject": subject, "id": about} for subject, about in standing.covers],
    }


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {
        "reason": waiver.reason,
        "approved_by": waiver.approved_by,
        "expires": waiver.expires.isoformat(),
    }


def _product(
    one: ProductReport, waived: Mapping[Key, Waiver], cited: dict[str, None]
) -> dict[str, Any]:
    return {
        "id": one.product.id,
        "name": one.product.name,
        "file": one.product.file,
        "assumptions": [{"fact": name, "value": _value(value)} for name, value in one.assumptions],
        "presumptions": _presumptions(one),
        "schemes": [_scheme(finding, one, waived, cited) for finding in one.findings],
    }


def _presumptions(one: ProductReport) -> list[dict[str, Any]]:
    """Return what was presumed, once for each scheme, fact and test."""
    found = {
        (finding.pack.id, reason.fact, reason.test.en): _ANSWERS[reason.answer]
        for finding in one.findings
        for reason in presumptions(finding)
    }
    return [
        {"scheme": scheme, "fact": fact, "test": test, "presumed": answer}
        for (scheme, fact, test), answer in found.items()
    ]


def _scheme(
    finding: Finding, one: ProductReport, waived: Mapping[Key, Waiver], cited: dict[str, None]
) -> dict[str, Any]:
    origins = one.product.origins

    def let_pass(about: str) -> dict[str, Any]:
        waiver = waived.get((one.product.id, about))
        return {"waived": _waiver(waiver)} if waiver else {}

    change = finding.next_change
    return {
        "id": finding.pack.id,
        "title": _text(finding.pack.title),
        "verdict": finding.verdict,
        "phase": finding.phase.id if finding.phase else None,
        "force": finding.force,
        "matched": [_match(match) for match in finding.matched],
        "because": _because(finding.reasons, origins),
        "missing": list(finding.missing),
        "unclear": [_text(text) for text in finding.unclear],
        "notes": [_note(note, cited) for note in finding.notes],
        "obligations": [
            _obligation(duty, origins, cited) | let_pass(duty.obligation.id)
            for duty in finding.duties
        ],
        "next_change": _change(change) if change else None,
        "cite": _cite(finding.pack.cite, cited),
        **let_pass(finding.pack.id),
    }


def _match(match: Match) -> dict[str, Any]:
    entry = match.entry
    return {
        "code": entry.code,
        "name": _text(entry.name),
        "standards": list(match.standards),
        "confidence": entry.confidence,
    }


def _obligation(
    duty: Duty, origins: Mapping[str, Origin], cited: dict[str, None]
) -> dict[str, Any]:
    obligation, window = duty.obligation, duty.window
    return {
        "id": obligation.id,
        "title": _text(obligation.title),
        "status": duty.status,
        "force": duty.force,
        "binds": list(obligation.binds),
        "from": _value(window.start),
        "until": _value(window.end),
        "due": _value(duty.due),
        "overdue": duty.overdue,
        "because": _because(duty.reasons, origins),
        "missing": list(duty.missing),
        "unclear": [_text(text) for text in duty.unclear],
        "prepared": duty.prepared if duty.status == "upcoming" else None,
        "confidence": obligation.confidence,
        "cite": _cite(obligation.cite, cited),
    }


def _because(reasons: Iterable[Reason], origins: Mapping[str, Origin]) -> list[dict[str, Any]]:
    """Return the tests that decided, each once; what was presumed is listed by itself."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for reason in reasons:
        if reason.presumed or reason.value is None:
            continue
        row = {
            "fact": reason.fact,
            "value": _value(reason.value),
            "test": reason.test.en,
            "answer": _ANSWERS[reason.answer],
        }
        if reason.fact in origins:
            row["from"] = origins[reason.fact].label
        found[reason.fact, reason.test.en] = row
    return list(found.values())


def _portfolio(finding: PortfolioFinding) -> dict[str, Any]:
    return {
        "enterprise": finding.enterprise,
        "obligation": finding.obligation.id,
        "status": finding.status,
        "force": finding.force,
        "have": finding.have,
        "need": finding.need,
        "products": finding.products,
        "reasons": [reason.en for reason in finding.reasons],
    }


def _note(note: Note, cited: dict[str, None]) -> dict[str, Any]:
    return {
        "kind": note.kind,
        "obligation": note.obligation,
        **_text(note.text),
        "cite": _cite(note.cite, cited),
    }


def _cite(citations: Iterable[Citation], cited: dict[str, None]) -> list[dict[str, str]]:
    """Return the citations, and note their sources in `cited` for the register at the end."""
    rows = []
    for citation in citations:
        cited[citation.source] = None
        row = {"source": citation.source, "at": citation.at}
        rows.append(row | {"act": citation.act.en} if citation.act else row)
    return rows


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
    }


def _text(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _change(change: Change) -> dict[str, Any]:
    """Return the next change; the duties that will be violated then only where there are any."""
    row = {"date": change.date.isoformat(), "what": change.what}
    return row | ({"violated": list(change.breaks)} if change.breaks else {})


def _value(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (tuple, frozenset)):
        return sorted(value) if isinstance(value, frozenset) else list(value)
    return value
