"""Judge the duties of an enterprise over its products. Pure, like the evaluator.

A list is rarely the whole enterprise, so what it says are bounds: a duty is met if the list shows
it, broken only where the user says that nothing else exists, and otherwise undetermined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from cncheck.conditions import Situation, Text, Truth
from cncheck.model import FORCES, Obligation, Portfolio, PortfolioFinding, ProductReport


class Tally(NamedTuple):
    """What a duty counts over the products of one enterprise; a model counts once."""

    enterprise: str
    """Empty where the products do not state one."""
    obligation: Obligation
    have: int
    """Models declared, and in scope for sure."""
    at_best: int
    """Models that are not known to be undeclared."""
    models: int
    unsaid: int
    """Models of which it is not known whether they are declared."""
    perhaps: int
    """Models of which it is not known whether they are in scope."""
    blank: int
    """Models that do not state what is to be covered, such as the chemistry."""
    lacking: tuple[str, ...]
    """Kinds in scope of which no model is declared for sure."""
    hopeless: tuple[str, ...]
    """Kinds in scope of which every model is known to be undeclared."""
    standing: frozenset[str]
    """The states of the duty for the products in scope for sure: it may lie ahead or behind."""
    force: str
    products: int


class _Member(NamedTuple):
    """A product that a duty counts, for sure or perhaps."""

    status: str
    force: str
    sure: bool
    model: str
    kind: str | None
    declared: Truth


def portfolio_findings(
    tallies: Iterable[Tally], *, whole: bool = False
) -> tuple[PortfolioFinding, ...]:
    """Return the state of every duty of an enterprise, in the order of `tallies`.

    Args:
        tallies: what was counted.
        whole: whether that are all the products of their enterprises.

    """
    return tuple(_judged(tally, whole=whole) for tally in tallies)


def tallies_of(reports: Iterable[ProductReport]) -> Iterator[Tally]:
    """Yield what the products of `reports` are to the duties of their enterprises."""
    groups: dict[tuple[str, str], tuple[Obligation, list[_Member]]] = {}
    for report in reports:
        facts = report.product.facts
        for finding in report.findings:
            for duty in finding.duties:
                rule = duty.obligation.portfolio
                if rule is None or duty.status == "not_bound":
                    continue
                key = (facts.get("enterprise", ""), duty.obligation.id)
                _, members = groups.setdefault(key, (duty.obligation, []))
                members.append(_Member(
                    duty.status, duty.force, finding.verdict == "applies",
                    str(facts.get(rule.counting, facts["id"])), facts.get(rule.covering),
                    rule.declared_if.ask(Situation(facts)).truth,
                ))  # fmt: skip
    for (enterprise, _), (obligation, members) in groups.items():
        yield _tally(enterprise, obligation, members)


def _tally(enterprise: str, obligation: Obligation, members: list[_Member]) -> Tally:
    def models(wanted: Callable[[_Member], bool]) -> int:
        return len({member.model for member in members if wanted(member)})

    def without(wanted: Callable[[_Member], bool]) -> tuple[str, ...]:
        found = {member.kind for member in members if wanted(member)}
        return () if None in found else tuple(kind for kind in kinds if kind not in found)

    kinds = sorted({member.kind for member in members if member.sure and member.kind})
    return Tally(
        enterprise, obligation,
        have=models(lambda m: m.sure and m.declared is True),
        at_best=models(lambda m: m.declared is not False),
        models=models(lambda _: True),
        unsaid=models(lambda m: m.declared is None),
        perhaps=models(lambda m: not m.sure),
        blank=models(lambda m: m.kind is None),
        lacking=without(lambda m: m.sure and m.declared is True),
        hopeless=without(lambda m: m.declared is not False),
        standing=frozenset(member.status for member in members if member.sure),
        force=strongest(member.force for member in members),
        products=len(members),
    )  # fmt: skip


def strongest(forces: Iterable[str]) -> str:
    """Return the force that binds most."""
    return min(forces, key=FORCES.index)


def _judged(tally: Tally, *, whole: bool) -> PortfolioFinding:
    rule = tally.obligation.portfolio
    assert rule is not None  # noqa: S101  only such duties are counted
    reasons = [_counted(tally.have, rule, tally.lacking)]
    if tally.standing in (frozenset({"upcoming"}), frozenset({"ended"})):  # for every product alike
        (status,) = tally.standing
    elif tally.have >= rule.at_least and not tally.lacking and not tally.blank:
        status = "met"
        if not whole:
            reasons.append(_AS_FAR_AS_LISTED)
    elif whole and tally.models < rule.at_least:
        status = "undetermined"
        reasons.append(_too_few(tally.models, rule))
    elif whole and (tally.at_best < rule.at_least or tally.hopeless):
        status = "violated"
    else:
        status = "undetermined"
        reasons += _what_decides(tally, rule, whole=whole)
    return PortfolioFinding(
        tally.enterprise, tally.obligation, status, tally.force, tally.have, rule.at_least,
        tally.products, tuple(reasons),
    )  # fmt: skip


# ---- in words --------------------------------------------------------------------------------------

_AS_FAR_AS_LISTED = Text(
    "As far as the products listed show; --whole-portfolio says that there are no others.",
    "仅就所列产品而言；--whole-portfolio 表示别无其他产品。",
)


def _counted(have: int, rule: Portfolio, lacking: Sequence[str]) -> Text:
    names_en, names_zh = ", ".join(lacking), "、".join(lacking)
    without = (f"; no {names_en} among them", f"，其中没有 {names_zh}") if lacking else ("", "")
    return Text(
        f"{have} of {rule.at_least} declared{without[0]}.",
        f"已申报 {have} 个，至少 {rule.at_least} 个{without[1]}。",
    )


def _too_few(models: int, rule: Portfolio) -> Text:
    return Text(
        f"At most {models} models are in scope: the law is silent on an enterprise with fewer"
        f" than {rule.at_least}. Ask the authority.",
        f"适用范围内至多有 {models} 个型号：对不足 {rule.at_least} 个型号的企业，法规未作规定，请咨询主管部门。",
    )


def _what_decides(tally: Tally, rule: Portfolio, *, whole: bool) -> Iterator[Text]:
    for models, en, zh in (
        (tally.unsaid, "whether they are declared", "是否已申报"),
        (tally.perhaps, "whether they are in scope", "是否在适用范围内"),
        (tally.blank, f"what their {rule.covering} is", f"其 {rule.covering}"),
    ):
        if models:
            yield Text(
                f"Models of which it is not known {en}: {models}.",
                f"{models} 个型号未说明：{zh}。",
            )
    if not whole:
        yield Text(
            "The list may not be the whole portfolio; --whole-portfolio says that it is.",
            "所列产品可能不是企业的全部产品；--whole-portfolio 表示已是全部。",
        )
