"""Parts of a descriptor as YAML, written so that `load` reads them back as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from cncheck.conditions import Text
from cncheck.model import Fact

_VALUES = {
    "text": Text("text", "文本"),
    "number": Text("a number", "数值"),
    "integer": Text("a whole number", "整数"),
    "boolean": Text("true or false", "true 或 false"),
    "date": Text("a day, such as 2026-01-31", "日期，如 2026-01-31"),
    "choice": Text("one of: {values}", "取其一：{values}"),
    "choices": Text("a list of: {values}", "列表，可取：{values}"),
    "product_type": Text("a product type, see `cncheck types`", "产品类型，见 `cncheck types`"),
    "roles": Text("a list of roles", "角色列表"),
}
"""How the value of a fact is written, by its kind."""

_ANY = Text("words of your own", "自拟词语")
_IN = Text(", in {unit}", "，单位 {unit}")
_FROM = Text(", {limit:g} or more", "，不小于 {limit:g}")
_TO = Text(", {limit:g} at most", "，不大于 {limit:g}")


class _Plain(yaml.SafeDumper):
    """Writes for the strict reader: to it a day is a text that needs no quotes, and 1e3 a number."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in rows if not tag.endswith(":timestamp")]
    for first, rows in yaml.SafeDumper.yaml_implicit_resolvers.items()
}
_Plain.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[\d.]+([eE][-+]?\d+)?$"), list("-+.0123456789")
)


def written(product: Mapping[str, Any]) -> str:
    """Return a descriptor as YAML."""
    return yaml.dump(
        dict(product), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=float("inf")
    )


def blank(facts: Iterable[Fact], language: str) -> str:
    """Return `facts` as keys without values, each below its question: unknown until filled in."""
    rows: list[str] = []
    open_: tuple[str, ...] = ()
    for fact in sorted(facts, key=lambda fact: fact.name.startswith("evidence.")):
        above = tuple(fact.name.split(".")[:-1]) if fact.name.startswith("evidence.") else ()
        new = (i for i in range(len(above)) if open_[: i + 1] != above[: i + 1])
        rows += [f"{'  ' * i}{above[i]}:" for i in new]
        open_ = above
        key = fact.name.rpartition(".")[2] if above else fact.name
        rows += [f"{'  ' * len(above)}{row}" for row in (*_asked(fact, language), f"{key}:")]
    return "\n".join(rows) + "\n" if rows else ""


def _asked(fact: Fact, language: str) -> Iterator[str]:
    """Yield the comments above a key: what is asked, and how the answer is written."""
    yield f"# {fact.question.to(language)}"
    values = ", ".join(fact.values) or _ANY.to(language)
    how = _VALUES[fact.kind].to(language).format(values=values)
    for text, limit in ((_FROM, fact.minimum), (_TO, fact.maximum)):
        how += text.to(language).format(limit=limit) if limit is not None else ""
    yield f"# {how}{_IN.to(language).format(unit=fact.unit) if fact.unit else ''}"
