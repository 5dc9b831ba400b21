"""The nouns: what a pack, a product and a report are made of. Frozen, typed, without behaviour."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from cncheck.conditions import NO_TIME, Condition, Period, Reason, Text, Truth

FORCES = ("mandatory", "pilot", "voluntary", "recommended", "informational")
BINDING = ("mandatory", "pilot")
"""The forces that bind somebody; the rest is a choice, advice or news."""
CONFIDENCES = ("confirmed", "single_source", "unconfirmed")
VERDICTS = {True: "applies", False: "does_not_apply", None: "undetermined"}
STATUSES = ("violated", "open", "undetermined", "upcoming", "met", "not_bound", "ended")
ROW_ERROR = "cncheck.error"
"""The column of a list by which a door says that it could not read a row."""
DONE, AT_LEAST = "|done", "|at_least"
"""Endings of the columns that say more of a fact: that evidence is done or not, without its value, and
that the true value may be higher than the stated one."""
SEPARATOR = ";"
"""What stands between the words of a list in one cell."""
KINDS = (
    "text", "number", "integer", "boolean", "date", "choice", "choices", "product_type", "roles",
)  # fmt: skip


# ---- the vocabulary ----------------------------------------------------------------------------


class Fact(NamedTuple):
    """Something that can be said about a product."""

    name: str
    kind: str
    question: Text
    unit: str = ""
    values: tuple[str, ...] = ()
    """The allowed values of a `choice` or `choices`; empty = any text."""
    minimum: float | None = None
    maximum: float | None = None
    assume: Any = None
    """What is taken for granted when nothing is said; "as_of" = the day of the question."""
    synonyms: tuple[str, ...] = ()
    """What lists call it."""


class ProductType(NamedTuple):
    """A kind of product, or a heading over several kinds."""

    id: str
    name: Text
    wider: frozenset[str]
    """This type and every wider one."""
    synonyms: tuple[str, ...] = ()
    hs: tuple[str, ...] = ()
    """Six-digit codes of the Harmonized System, where they are certain."""
    group: bool = False
    """A heading: rules may name it, a product may not."""


class Role(NamedTuple):
    """What a company is to a product."""

    id: str
    name: Text
    wider: frozenset[str]
    """This role and every wider one."""
    synonyms: tuple[str, ...] = ()


class Source(NamedTuple):
    """A document in which the law was read."""

    id: str
    title: str
    publisher: str = ""
    date: str = ""
    url: str = ""


class Exemptions(NamedTuple):
    """What a claimed exemption may excuse."""

    above: Mapping[str, float]
    """Metal -> what it may be above of with an exemption, in mg/kg."""
    items: Mapping[str, tuple[str, ...]]
    """Item of the list -> the metals it covers, where that is known."""


class Vocabulary(NamedTuple):
    """The words that packs and products may use."""

    facts: Mapping[str, Fact]
    types: Mapping[str, ProductType]
    roles: Mapping[str, Role]
    sources: Mapping[str, Source]
    acts: Mapping[str, Text]
    """Legal instruments by the name that citations give them; others are known by a number."""
    exemptions: Exemptions


# ---- the law -----------------------------------------------------------------------------------


class Citation(NamedTuple):
    """Where a statement comes from: the instrument, and the place where it was read."""

    source: str
    at: str = ""
    act: Text | None = None


class Window(NamedTuple):
    """Days from `start` to `end`, both included; None = open."""

    start: date | None = None
    end: date | None = None


ALWAYS = Window()


class Instrument(NamedTuple):
    """An act or standard that is the legal basis of a scheme."""

    number: str
    title: Text
    issued: str = ""
    in_force: str = ""
    until: str = ""
    cite: tuple[Citation, ...] = ()
    confidence: str = "confirmed"


class Phase(NamedTuple):
    """A time during which the scheme has a certain force."""

    id: str
    title: Text
    window: Window
    force: str
    cite: tuple[Citation, ...] = ()
    confidence: str = "confirmed"


class Standard(NamedTuple):
    """A dated edition of a standard."""

    number: str
    window: Window
    confidence: str = "confirmed"


class Entry(NamedTuple):
    """A line of a scheme's catalogue."""

    code: str
    name: Text
    product_types: frozenset[str]
    condition: Condition | None
    """Scope and exceptions, beyond the product type; None = every product of these types."""
    standards: tuple[Standard, ...]
    facts: Mapping[str, Any]
    cite: tuple[Citation, ...]
    confidence: str
    erratum: Text | None = None
    note: Text | None = None
    merged_into: str = ""


class Due(NamedTuple):
    """A deadline that the law counts from a fact."""

    fact: str
    plus: Period = NO_TIME


class Portfolio(NamedTuple):
    """What a duty over all products of an enterprise counts."""

    at_least: int
    counting: str
    covering: str
    declared_if: Condition


class Obligation(NamedTuple):
    """A duty: what is to be done, by whom, from when, and how one sees that it is done."""

    id: str
    title: Text
    means: Text
    binds: tuple[str, ...]
    bound: frozenset[str]
    """The roles it binds, with narrower and wider ones: a pack's producer is its manufacturer."""
    when: Condition | None
    phases: tuple[Phase, ...]
    """The phases in which it binds."""
    window: Window
    """When it binds: its own dates within those of its phases."""
    dated_by: str
    """The date that its own dates follow."""
    force: str
    """Empty = that of the phase."""
    due: Due | None
    met_if: Condition | None
    """None = for information: nothing to show."""
    cite: tuple[Citation, ...]
    confidence: str
    portfolio: Portfolio | None = None
    """Set where the duty is one of the enterprise over its products, not of one product."""


class Note(NamedTuple):
    """Something the user should know besides the duties."""

    kind: str
    text: Text
    verdicts: frozenset[str]
    when: Condition | None = None
    obligation: str | None = None
    cite: tuple[Citation, ...] = ()


class Difference(NamedTuple):
    """How China differs from the European Union on a point."""

    topic: Text
    china: Text
    eu: Text
    cite: tuple[Citation, ...] = ()


class Pack(NamedTuple):
    """One scheme: its scope, its dates, its catalogue and its duties."""

    id: str
    version: str
    reviewed: str
    sha256: str
    title: Text
    summary: Text
    authority: Text
    dated_by: str
    applies_if: Condition
    cite: tuple[Citation, ...]
    confidence: str
    phases: tuple[Phase, ...]
    entries: Sequence[Entry]
    entries_by_type: Mapping[str, Sequence[Entry]]
    """The entries that name a product type, by that type."""
    obligations: Sequence[Obligation]
    notes: Sequence[Note]
    evidence: Mapping[str, Fact]
    """Keyed by the whole name, `evidence.<pack>.<key>`."""
    instruments: Sequence[Instrument] = ()
    differs_from_eu: Sequence[Difference] = ()
    force: str = ""
    """That of a scheme without phases, of which nothing is in force on any day."""
    list_incomplete: Text | None = None
    """Why a plausible product that matches no entry is undetermined: not every entry is known."""


class Rules(NamedTuple):
    """Everything that was loaded: the words and the packs."""

    vocabulary: Vocabulary
    packs: tuple[Pack, ...]
    facts: Mapping[str, Fact]
    """The vocabulary's facts and every pack's evidence."""
    assumed: tuple[Fact, ...] = ()
    """The facts that are taken for granted when nothing is said."""
    not_covered: tuple[Text, ...] = ()
    """Known schemes that no pack covers."""


# ---- the product -------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where in a file something stands; line and column count from 1, None = the file as a whole."""

    file: str
    line: int | None = None
    column: int | None = None


class Origin(NamedTuple):
    """The item of a list from which a fact was reduced."""

    label: str
    lacking: str
    """The first item that does not state it; empty if all do."""
    path: tuple[str | int, ...]
    """Keys and indices that lead from the descriptor to the value."""


class Product(NamedTuple):
    """What somebody stated about one product, typed."""

    id: str
    name: str
    facts: Mapping[str, Any]
    file: str = ""
    lower_bounds: frozenset[str] = frozenset()
    origins: Mapping[str, Origin] = MappingProxyType({})
    """For facts reduced from a list: which item they come from."""
    places: Mapping[str, Place] = MappingProxyType({})
    """Where each fact stands, each mapping of them ("evidence.rohs") and the descriptor itself ("");
    empty unless the door was asked for places."""


# ---- the report --------------------------------------------------------------------------------


class Problem(NamedTuple):
    """Why an input could not be used: where, what, and how to mend it."""

    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None


class Match(NamedTuple):
    """A catalogue entry that the product falls under, with the standards in force for it."""

    entry: Entry
    standards: tuple[str, ...]


class Duty(NamedTuple):
    """What an obligation asks of this product today."""

    obligation: Obligation
    status: str
    force: str
    window: Window
    due: date | None
    overdue: bool
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]
    unclear: tuple[Text, ...]
    prepared: Truth = None
    """For an upcoming duty: whether what is stated today would meet it."""


class Change(NamedTuple):
    """The next day on which the answer will be another one, and how it differs."""

    date: date
    what: str
    breaks: tuple[str, ...] = ()
    """The duties that will be violated from then on, if nothing is done."""


class Finding(NamedTuple):
    """What one scheme says about one product."""

    pack: Pack
    verdict: str
    phase: Phase | None
    force: str
    matched: tuple[Match, ...]
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]
    unclear: tuple[Text, ...]
    notes: tuple[Note, ...]
    duties: tuple[Duty, ...]
    next_change: Change | None = None


class ProductReport(NamedTuple):
    """What the schemes say about one product."""

    product: Product
    assumptions: tuple[tuple[str, Any], ...]
    findings: tuple[Finding, ...]


class PortfolioFinding(NamedTuple):
    """The state of a duty that an enterprise has over its products."""

    enterprise: str
    """Empty where the products do not state one."""
    obligation: Obligation
    status: str
    force: str
    have: int
    """How many are done for sure."""
    need: int
    products: int
    """Over how many products it was judged."""
    reasons: tuple[Text, ...]


class Report(NamedTuple):
    """The answer to one run."""

    as_of: date
    packs: tuple[Pack, ...]
    products: tuple[ProductReport, ...]
    portfolio: tuple[PortfolioFinding, ...] = ()
    errors: tuple[Problem, ...] = ()
    skipped: tuple[str, ...] = ()
    not_covered: tuple[Text, ...] = ()
