"""What the gate decides, with the waivers and the baseline of the project. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from cncheck.baseline import Baseline, baseline_of, gone
from cncheck.gate import Gate, Policy, everything, gate, trips
from cncheck.model import Report
from cncheck.waivers import Waived, Waiver, apply_waivers


class Decision(NamedTuple):
    """The gate, and what was let pass by whom."""

    gate: Gate
    waived: Waived = Waived()
    baseline: Baseline = Baseline()
    gone: int = 0
    """How much of the baseline is no longer found."""


def decide(
    report: Report, policy: Policy, waivers: Sequence[Waiver] = (), baseline: Baseline | None = None,
    *, ids: Iterable[str] = (), whole: bool = False, renew: bool = False,
) -> Decision:  # fmt: skip
    """Return what the gate decides about a report.

    Args:
        report: what was found.
        policy: what trips the gate.
        waivers: what somebody lets pass.
        baseline: what was known before.
        ids: those of all duties and schemes there are.
        whole: the run looked at all that the waivers are about.
        renew: make the baseline anew, of what is found and not waived: a waiver is to end on its day.

    """
    if not waivers and not baseline and not renew:
        return Decision(gate(report, policy))
    every = list(trips(report, everything(policy)))
    checked = {trip.subject for trip in every} | {one.product.id for one in report.products}
    ahead = trips(report, everything(policy, ahead=True)) if waivers else ()
    waived = apply_waivers(
        waivers, [*every, *ahead], report.as_of, ids, checked, whole_folder=whole
    )

    known = baseline or Baseline()
    if renew:
        counted = trips(report, everything(policy)._replace(forces=policy.forces))
        known = baseline_of(trip for trip in counted if not waived.covers(trip))
    result = gate(report, policy, lambda trip: waived.covers(trip) or known.knows(trip))
    return Decision(result, waived, known, gone(known, every, checked))
