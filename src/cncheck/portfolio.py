"""Judge the duties of an enterprise over its products. Pure, like the evaluator.

A list is rarely the whole enterprise, so what it says are bounds: a duty is met if the list shows
it, broken only where the user says that nothing else exists, and otherwise undetermined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from cncheck.conditions import Situation, Text, Truth
from cncheck.model import FORCES, Obligation, Portfolio, PortfolioFinding, ProductReport


class Member(NamedTuple):
    """Products that a duty counts, for sure or perhaps."""

    enterprise: str
    """Empty where the products do not state one."""
    obligation: Obligation
    status: str
    """That of the duty for these products: it may lie ahead or behind."""
    force: str
    sure: bool
    """Whether the scheme is known to apply."""
    model: str
    kind: str | None
    """What is to be covered, such as the chemistry; None = not stated."""
    declared: Truth
    products: int = 1
    """How many products are alike in all of this."""


def portfolio_findings(
    members: Iterable[Member], *, whole: bool = False
) -> tuple[PortfolioFinding, ...]:
    """Return the state of every duty of an enterprise, by enterprise in the order they occur.

    Args:
        members: the products that count.
        whole: whether they are all the products of their enterprises.

    """
    groups: dict[tuple[str, str], list[Member]] = {}
    for member in members:
        groups.setdefault((member.enterprise, member.obligation.id), []).append(member)
    return tuple(_judged(group, whole=whole) for group in groups.values())


def members_of(reports: Iterable[ProductReport]) -> Iterator[Member]:
    """Yield what the products of `reports` are to the duties of their enterprises."""
    for report in reports:
        facts = report.product.facts
        for finding in report.findings:
            for duty in finding.duties:
                rule = duty.obligation.portfolio
                if rule is None or duty.status == "not_bound":
                    continue
                yield Member(
                    facts.get("enterprise", ""), duty.obligation, duty.status, duty.force,
                    finding.verdict == "applies", str(facts.get(rule.counting, facts["id"])),
                    facts.get(rule.covering), rule.declared_if.ask(Situation(facts)).truth,
                )  # fmt: skip


def _judged(members: list[Member], *, whole: bool) -> PortfolioFinding:
    first = members[0]
    rule = _rule(first.obligation)
    have = _models(members, lambda m: m.sure and m.declared is True)
    at_best = _models(members, lambda m: m.declared is not False)
    models = _models(members, lambda _: True)
    kinds = sorted({m.kind for m in members if m.sure and m.kind})
    lacking = [k for k in kinds if not _some(members, k, lambda m: m.sure and m.declared is True)]
    hopeless = [k for k in kinds if not _some(members, k, lambda m: m.declared is not False)]
    blank = _models(members, lambda m: m.kind is None)
    reasons = [_counted(len(have), rule, lacking)]
    standing = {member.status for member in members if member.sure}
    if standing in ({"upcoming"}, {"ended"}):  # for every product alike that is known to count
        (status,) = standing
    elif len(have) >= rule.at_least and not lacking and not blank:
        status = "met"
        if not whole:
            reasons.append(_AS_FAR_AS_LISTED)
    elif whole and len(models) < rule.at_least:
        status = "undetermined"
        reasons.append(_too_few(len(models), rule))
    elif whole and (len(at_best) < rule.at_least or hopeless):
        status = "violated"
    else:
        status = "undetermined"
        reasons += _what_decides(members, rule, whole=whole)
    return PortfolioFinding(
        first.enterprise,
        first.obligation,
        status,
        min((member.force for member in members), key=FORCES.index),
        len(have),
        rule.at_least,
        sum(member.products for member in members),
        tuple(reasons),
    )


def _rule(obligation: Obligation) -> Portfolio:
    assert obligation.portfolio is not None  # noqa: S101  only such duties are grouped
    return obligation.portfolio


def _models(members: Iterable[Member], wanted: Callable[[Member], bool]) -> set[str]:
    return {member.model for member in members if wanted(member)}


def _some(members: Iterable[Member], kind: str, wanted: Callable[[Member], bool]) -> bool:
    """Return whether a member of `kind`, or of an unstated one, is as wanted."""
    return any(wanted(m) and m.kind in (kind, None) for m in members)


# ---- in words --------------------------------------------------------------------------------------

_AS_FAR_AS_LISTED = Text(
    "As far as the products listed show; --whole-portfolio says that there are no others.",
    "仅就所列产品而言；--whole-portfolio 表示别无其他产品。",
)


def _counted(have: int, rule: Portfolio, lacking: list[str]) -> Text:
    names_en, names_zh = ", ".join(lacking), "、".join(lacking)
    without = (f"; no {names_en} among them", f"，其中没有 {names_zh}") if lacking else ("", "")
    return Text(
        f"{have} of {rule.at_least} declared{without[0]}.",
        f"已申报 {have} 个，至少 {rule.at_least} 个{without[1]}。",
    )


def _too_few(models: int, rule: Portfolio) -> Text:
    return Text(
        f"Only {models} models are in scope in all: the law is silent on an enterprise with fewer"
        f" than {rule.at_least}. Ask the authority.",
        f"适用范围内仅有 {models} 个型号：对不足 {rule.at_least} 个型号的企业，法规未作规定，请咨询主管部门。",
    )


def _what_decides(members: list[Member], rule: Portfolio, *, whole: bool) -> Iterator[Text]:
    unsaid = _models(members, lambda m: m.declared is None)
    perhaps = _models(members, lambda m: not m.sure)
    blank = _models(members, lambda m: m.kind is None)
    for models, en, zh in (
        (unsaid, "whether they are declared", "是否已申报"),
        (perhaps, "whether they are in scope", "是否在适用范围内"),
        (blank, f"what their {rule.covering} is", f"其 {rule.covering}"),
    ):
        if models:
            yield Text(
                f"Models of which it is not known {en}: {len(models)}.",
                f"{len(models)} 个型号未说明：{zh}。",
            )
    if not whole:
        yield Text(
            "The list may not be the whole portfolio; --whole-portfolio says that it is.",
            "所列产品可能不是企业的全部产品；--whole-portfolio 表示已是全部。",
        )
