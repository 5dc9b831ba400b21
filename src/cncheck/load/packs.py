"""Turn the written form of a rule pack into a `Pack`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from cncheck.conditions import AllOf, Condition, Text, Unclear
from cncheck.load.language import BadWording, Path, Words, condition, period, text
from cncheck.load.vocabulary import fact
from cncheck.model import (
    Citation,
    Difference,
    Due,
    Entry,
    Fact,
    Instrument,
    Note,
    Obligation,
    Pack,
    Phase,
    Portfolio,
    Standard,
    Vocabulary,
    Window,
)
from cncheck.problems import did_you_mean

_NOTE_VERDICTS = ("applies", "undetermined")
_AS_OF = Fact("as_of", "date", Text("For which day is the question asked?", "以哪一天为准？"))
_MOVING = {"as_of": _AS_OF, "produced_on": None}  # what is always stated or assumed
_WRITTEN: dict[str, Any] = {
    "text": str, "number": (int, float), "integer": int, "boolean": bool, "date": str, "choices": list,
}  # fmt: skip
_STANDARDS = Fact("entry.standards", "choices", Text("Standards in force", "现行标准"))


class Later(Sequence[Any]):
    """A tuple that is built when it is first looked at: most products concern few packs."""

    __slots__ = ("_build", "_items")

    def __init__(self, build: Callable[[], Iterable[Any]]) -> None:
        self._build: Callable[[], Iterable[Any]] | None = build
        self._items: tuple[Any, ...] = ()

    @property
    def built(self) -> bool:
        """Return whether anybody has looked at it."""
        return self._build is None

    def _all(self) -> tuple[Any, ...]:
        if self._build is not None:
            self._items, self._build = tuple(self._build()), None
        return self._items

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._all())


class _Reader:
    """Builds the parts of one pack and remembers every problem, so that all are told at once."""

    def __init__(self, raw: Mapping[str, Any], vocabulary: Vocabulary) -> None:
        self.raw = raw
        self.id: str = raw["id"]
        self.problems: list[tuple[Path, str]] = []
        self.vocabulary = vocabulary
        self._day(raw["reviewed"], ("reviewed",))
        self.evidence = self._facts(f"evidence.{self.id}", "evidence")
        self.entry_facts = self._facts("entry", "entry_facts")
        facts = {**vocabulary.facts, **self.evidence, **self.entry_facts}
        facts |= {_AS_OF.name: _AS_OF, _STANDARDS.name: _STANDARDS}
        self.words = Words(facts, vocabulary.types, vocabulary.roles)
        self.words = self.words._replace(may_be_listed=self._may_be_listed())
        self.phases: tuple[Phase, ...] = tuple(self.each("phases", self.phase))

    def _facts(self, prefix: str, section: str) -> dict[str, Fact]:
        rows = self.raw.get(section, {})
        named = ((f"{prefix}.{key}", key, row) for key, row in rows.items())
        return {
            name: fact(name, {"question": {"en": key, "zh": key}, **row})
            for name, key, row in named
        }

    def _may_be_listed(self) -> Condition | None:
        """Return when a product that matches no entry may still be one of the catalogue's."""
        if "list_incomplete" not in self.raw:
            return None
        row, path = self.raw["list_incomplete"], ("list_incomplete",)
        plausible = self.condition(row, "plausible", path)
        return AllOf((plausible, Unclear(text(row)))) if plausible else None

    def condition(self, holder: Mapping[str, Any], key: str, path: Path) -> Condition | None:
        if key not in holder:
            return None
        built: Condition | None = self.attempt(
            lambda: condition(holder[key], self.words, (*path, key))
        )
        return built

    def attempt(self, build: Callable[[], Any]) -> Any:
        try:
            return build()
        except BadWording as error:
            self.problems.append((error.path, error.message))
            return None

    def cite(self, holder: Mapping[str, Any], path: Path) -> tuple[Citation, ...]:
        rows = holder.get("cite", [])
        citations = []
        for row in rows if isinstance(rows, list) else [rows]:
            if row["source"] not in self.vocabulary.sources:
                hint = did_you_mean(row["source"], self.vocabulary.sources)
                self.problems.append(((*path, "cite"), f'"{row["source"]}" is no source.{hint}'))
            act = row.get("act")
            named = act and self.vocabulary.acts.get(act, Text(act, act))
            citations.append(Citation(row["source"], str(row.get("at", "")), named))
        return tuple(citations)

    def known(self, words: Any, known: Mapping[str, Any], what: str, path: Path) -> frozenset[str]:
        for word in words:
            if word not in known:
                message = f'"{word}" is no {what}.{did_you_mean(word, known)}'
                self.problems.append((path, message))
        return frozenset(words)

    def window(self, holder: Mapping[str, Any], path: Path) -> Window:
        start, end = (self._day(holder.get(key), (*path, key)) for key in ("from", "until"))
        if start and end and start > end:
            self.problems.append(
                ((*path, "until"), f"The window ends ({end}) before it begins ({start}).")
            )
        return Window(start, end)

    def _day(self, raw: str | None, path: Path) -> date | None:
        try:
            return date.fromisoformat(raw) if raw else None
        except ValueError:
            self.problems.append((path, f'"{raw}" is no day; write 2026-01-31.'))
            return None

    def phase(self, row: Mapping[str, Any], path: Path) -> Phase:
        title = text(row["title"]) if "title" in row else Text(row["id"], row["id"])
        return Phase(row["id"], title, self.window(row, path), row["force"], self.cite(row, path),
                     row.get("confidence", "confirmed"))  # fmt: skip

    def entry(self, row: Mapping[str, Any], path: Path) -> Entry:
        types = self.known(row.get("product_types", ()), self.vocabulary.types, "product type",
                           (*path, "product_types"))  # fmt: skip
        written = {
            key: value
            for key, value in (("all", [row["scope"]] if "scope" in row else None),
                               ("unless", row.get("unless")))
            if value is not None
        }  # fmt: skip
        scope = self.attempt(lambda: condition(written, self.words, path)) if written else None
        standards = tuple(
            Standard(
                s["number"],
                self.window(s, (*path, "standards", i)),
                s.get("confidence", "confirmed"),
            )
            for i, s in enumerate(row.get("standards", ()))
        )
        return Entry(
            row["code"], text(row["name"]), types, scope, standards, self._values(row, path),
            self.cite(row, path), row["confidence"], _text(row, "erratum"), _text(row, "note"),
            row.get("merged_into", ""),
        )  # fmt: skip

    def _values(self, row: Mapping[str, Any], path: Path) -> dict[str, Any]:
        """Return the entry's own values, as facts `entry.<name>`."""
        values: dict[str, Any] = {}
        for key, value in row.get("facts", {}).items():
            name, place = f"entry.{key}", (*path, "facts", key)
            declared = self.entry_facts.get(name)
            if declared is None:
                hint = did_you_mean(key, self.raw.get("entry_facts", {}))
                self.problems.append((place, f'"{key}" is not declared in entry_facts.{hint}'))
            elif not isinstance(value, _WRITTEN[declared.kind]) or (
                isinstance(value, bool) and declared.kind != "boolean"
            ):
                self.problems.append((place, f"{value!r} is no {declared.kind}."))
            elif declared.kind == "date":
                values[name] = self._day(value, place)
            elif isinstance(value, list):
                values[name] = frozenset(value)
            else:
                values[name] = value
        return values

    def obligation(self, row: Mapping[str, Any], path: Path) -> Obligation:
        self.known(row["binds"], self.vocabulary.roles, "role", (*path, "binds"))
        if not row["id"].startswith(f"{self.id}/"):
            self.problems.append(
                ((*path, "id"), f"An obligation of this pack is called {self.id}/...")
            )
        if ("met_if" in row) is ("portfolio" in row):
            message = (
                "A duty says when it is met: `met_if`, or `portfolio` for one of the enterprise."
            )
            self.problems.append((path, message))
        named = self.known(row.get("phases", ()), {p.id: p for p in self.phases}, "phase of this pack",
                           (*path, "phases"))  # fmt: skip
        phases = tuple(p for p in self.phases if not named or p.id in named)
        pack_date = self.raw.get("dated_by", "as_of")
        dated_by = row.get("dated_by", pack_date)
        self.known([dated_by], _MOVING, "date that windows follow", (*path, "dated_by"))
        window = self.window(row, path)
        return Obligation(
            row["id"], text(row["title"]), text(row["means"]), tuple(row["binds"]),
            self._bound(row["binds"]), self.condition(row, "when", path), phases or self.phases,
            _within(window, phases) if dated_by == pack_date else window, dated_by,
            row.get("force", self.raw.get("force", "")), self._due(row, path), self.condition(row, "met_if", path),
            self.cite(row, path), row.get("confidence", "confirmed"), self._portfolio(row, path),
        )  # fmt: skip

    def _bound(self, binds: Iterable[str]) -> frozenset[str]:
        """Return the roles named, with every narrower and wider one."""
        roles = self.vocabulary.roles
        narrower = {role.id for role in roles.values() if not role.wider.isdisjoint(binds)}
        wider = {name for bound in binds if bound in roles for name in roles[bound].wider}
        return frozenset(narrower | wider)

    def _due(self, row: Mapping[str, Any], path: Path) -> Due | None:
        if "due" not in row:
            return None
        due = row["due"]
        dates = {name: fact for name, fact in self.words.facts.items() if fact.kind == "date"}
        self.known([due["fact"]], dates, "fact that is a date", (*path, "due", "fact"))
        plus = self.attempt(lambda: period(due.get("plus", "0 days"), (*path, "due", "plus")))
        return Due(due["fact"], plus)

    def _portfolio(self, row: Mapping[str, Any], path: Path) -> Portfolio | None:
        if row.get("per", "product") == "product":
            return None
        rule, place = row["portfolio"], (*path, "portfolio")
        for key in ("counting", "covering"):
            self.known([rule[key]], self.words.facts, "fact", (*place, key))
        declared = self.condition(rule, "declared_if", place)
        return Portfolio(rule["at_least"], rule["counting"], rule["covering"], declared)  # type: ignore[arg-type]

    def note(self, row: Mapping[str, Any], path: Path) -> Note:
        ids = {obligation["id"]: obligation for obligation in self.raw["obligations"]}
        if "obligation" in row:
            self.known([row["obligation"]], ids, "obligation of this pack", (*path, "obligation"))
        return Note(
            row["kind"], text(row), frozenset(row.get("verdicts", _NOTE_VERDICTS)),
            self.condition(row, "when", path), row.get("obligation"), self.cite(row, path),
        )  # fmt: skip

    def instrument(self, row: Mapping[str, Any], path: Path) -> Instrument:
        return Instrument(
            row["number"], text(row["title"]), str(row.get("issued", "")), str(row.get("in_force", "")),
            str(row.get("until", "")), self.cite(row, path), row.get("confidence", "confirmed"),
        )  # fmt: skip

    def difference(self, row: Mapping[str, Any], path: Path) -> Difference:
        return Difference(
            text(row["topic"]), text(row["china"]), text(row["eu"]), self.cite(row, path)
        )

    def scope_asks_no_evidence(self, holder: Mapping[str, Any], path: Path) -> None:
        """Note evidence in a scope: it shows that a duty is met, and never whom the law concerns."""
        waiting = [(path, holder.get(str(path[-1])))]
        while waiting:
            at, part = waiting.pop()
            if at[-1] in self.evidence:
                message = f"{at[-1]} is evidence: it belongs in `met_if`, a scope asks for facts."
                self.problems.append((at, message))
            if isinstance(part, Mapping):
                waiting += [((*at, key), value) for key, value in part.items()]
            elif isinstance(part, list):
                waiting += [((*at, i), value) for i, value in enumerate(part)]

    def phases_stand_apart(self) -> None:
        """Note phases that are in force on the same day, and a pack that has none and no force."""
        if ("phases" in self.raw) is ("force" in self.raw):
            message = "A pack has `phases`, or the `force` of what is only announced."
            self.problems.append(((), message))
        for i, one in enumerate(self.phases):
            for other in self.phases[:i]:
                ends = [w.end or date.max for w in (one.window, other.window)]
                starts = [w.start or date.min for w in (one.window, other.window)]
                if max(starts) <= min(ends):
                    message = (
                        f'The phases "{other.id}" and "{one.id}" are in force on the same day.'
                    )
                    self.problems.append((("phases", i), message))

    def each(self, section: str, build: Callable[[Any, Path], Any]) -> Sequence[Any]:
        rows = self.raw.get(section, [])
        return Later(lambda: (build(row, (section, i)) for i, row in enumerate(rows)))


def pack(raw: Mapping[str, Any], sha256: str, vocabulary: Vocabulary) -> Pack:
    """Return the pack written in `raw`, which was found well-formed before."""
    return _pack(_Reader(raw, vocabulary), sha256)


def wording_problems(raw: Mapping[str, Any], vocabulary: Vocabulary) -> list[tuple[Path, str]]:
    """Return path and message of everything in `raw` that names what does not exist or fit."""
    try:
        read = _Reader(raw, vocabulary)
        read.scope_asks_no_evidence(raw, ("applies_if",))
        read.scope_asks_no_evidence(
            raw.get("list_incomplete", {}), ("list_incomplete", "plausible")
        )
        for i, row in enumerate(raw.get("catalogue", ())):
            read.scope_asks_no_evidence(row, ("catalogue", i, "scope"))
            read.scope_asks_no_evidence(row, ("catalogue", i, "unless"))
        read.phases_stand_apart()
        built = _pack(read, "")
        for section in (
            built.entries,
            built.obligations,
            built.notes,
            built.instruments,
            built.differs_from_eu,
        ):
            len(section)  # builds it
    except BadWording as error:
        return [(error.path, error.message)]
    named_twice = (("phases", "id"), ("catalogue", "code"), ("obligations", "id"))
    return read.problems + [p for words in named_twice for p in _repeated(raw, *words)]


def _pack(read: _Reader, sha256: str) -> Pack:
    raw = read.raw
    return Pack(
        raw["id"], raw["version"], str(raw["reviewed"]), sha256, text(raw["title"]),
        text(raw["summary"]), text(raw["authority"]), raw.get("dated_by", "as_of"),
        read.condition(raw, "applies_if", ()),  # type: ignore[arg-type]
        read.cite(raw, ()), raw.get("confidence", "confirmed"), read.phases,
        read.each("catalogue", read.entry), _by_type(read), read.each("obligations", read.obligation),
        read.each("notes", read.note), read.evidence, read.each("instruments", read.instrument),
        read.each("differs_from_eu", read.difference), raw.get("force", ""),
        _text(raw, "list_incomplete"),
    )  # fmt: skip


def _by_type(read: _Reader) -> dict[str, Sequence[Entry]]:
    """Return the entries that name a type, by type."""
    found: dict[str, list[tuple[Any, Path]]] = {}
    for i, row in enumerate(read.raw.get("catalogue", ())):
        for type_ in row.get("product_types", ()):
            found.setdefault(type_, []).append((row, ("catalogue", i)))
    return {
        type_: Later(lambda rows=rows: (read.entry(*row) for row in rows))  # type: ignore[misc]
        for type_, rows in found.items()
    }


def _within(window: Window, phases: Iterable[Phase]) -> Window:
    """Return the days of `window` between the first and the last day of `phases`."""
    starts, ends = [p.window.start for p in phases], [p.window.end for p in phases]
    first = None if None in starts else min((day for day in starts if day), default=None)
    last = None if None in ends else max((day for day in ends if day), default=None)
    return Window(
        max((day for day in (window.start, first) if day), default=None),
        min((day for day in (window.end, last) if day), default=None),
    )


def _repeated(raw: Mapping[str, Any], section: str, key: str) -> list[tuple[Path, str]]:
    seen: set[str] = set()
    problems: list[tuple[Path, str]] = []
    for i, row in enumerate(raw.get(section, ())):
        if row[key] in seen:
            problems.append(((section, i, key), f'The {key} "{row[key]}" stands twice.'))
        seen.add(row[key])
    return problems


def _text(row: Mapping[str, Any], key: str) -> Text | None:
    return text(row[key]) if key in row else None
