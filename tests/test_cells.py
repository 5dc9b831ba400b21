"""The cells of a list are read as people write them, and whatever is odd is an error on its row."""

from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cncheck.load.search  # noqa: F401  imported late; Hypothesis draws constants of what it finds
from cncheck.load.cells import BLANKS, read_cell, read_row
from cncheck.load.typed import typed_frame
from cncheck.load.values import NOTHING_SAID
from cncheck.load.vocabulary import fact as written_fact
from cncheck.model import AT_LEAST, DONE, KINDS, ROW_ERROR, SEPARATOR, Fact, Rules

WORDS = {"en": "?", "zh": "？"}
COLOURS = ["red", "dark blue", "none"]
FACTS = {
    name: written_fact(name, {"question": WORDS, **row})
    for name, row in {
        "id": {"type": "text"},
        "name": {"type": "text"},
        "product_type": {"type": "product_type"},
        "weight": {"type": "number", "unit": "kg", "minimum": 0, "maximum": 1000},
        "change": {"type": "number"},
        "count": {"type": "integer", "minimum": 0},
        "steps": {"type": "integer"},
        "on": {"type": "boolean"},
        "made": {"type": "date"},
        "colour": {"type": "choice", "values": COLOURS},
        "paint": {"type": "choices", "values": COLOURS},
        "codes": {"type": "choices"},
        "roles": {"type": "roles"},
        "evidence.p.report": {"type": "text"},
        "evidence.p.share": {"type": "number"},
        "evidence.p.done": {"type": "boolean"},
        "evidence.p.route": {"type": "choice", "values": [*COLOURS, "no"]},
        "evidence.p.parts": {"type": "choices", "values": COLOURS},
        "evidence.p.issued": {"type": "date"},
    }.items()
}
KEYS = {"id": "A-1", "product_type": "monitor"}


@pytest.fixture(scope="module")
def words(rules: Rules) -> Rules:
    """A fact of every kind, over the product types and roles that come with cncheck."""
    return rules._replace(facts=FACTS)


def test_there_is_a_fact_of_every_kind():
    assert {fact.kind for fact in FACTS.values()} == set(KINDS)


def test_a_column_is_stripped_of_the_same_blanks_as_a_cell():
    characters = [chr(i) for i in range(0x11000) if not 0xD800 <= i < 0xE000]
    stripped = pl.Series([f"{c}x{c}" for c in characters]).str.strip_chars()
    assert stripped.to_list() == [f"{c}x{c}".strip(BLANKS) for c in characters]


# ---- one cell ------------------------------------------------------------------------------------

BLANK = None
GOOD = [
    ("id", " A-1 ", "A-1"),
    ("id", "000123", "000123"),
    ("id", "true", "true"),
    ("id", "N/A", "N/A"),  # what people call a product is not judged
    ("id", "电视\tX", "电视\tX"),
    ("product_type", "monitor", "monitor"),
    ("product_type", " monitor ", "monitor"),
    ("weight", "2", 2.0),
    ("weight", " 2.50 ", 2.5),
    ("weight", "+3", 3.0),
    ("weight", ".5", 0.5),
    ("weight", "5.", 5.0),
    ("weight", "1e2", 100.0),
    ("weight", "1000", 1000.0),
    ("change", "-2.5", -2.5),
    ("change", "-0", 0.0),
    ("count", "7", 7),
    ("count", "7.0", 7),
    ("count", "1e3", 1000),
    ("steps", "-7", -7),
    *(("on", word, True) for word in ("true", "TRUE", "Yes", "y", "1", "是", "√", "✓")),
    *(("on", word, False) for word in ("false", "No", "n", "0", "否", "×")),
    ("made", "2026-01-31", date(2026, 1, 31)),
    ("made", " 2026-01-31 ", date(2026, 1, 31)),
    ("made", "2026-01-31 00:00:00", date(2026, 1, 31)),
    ("made", "2026-01-31T00:00", date(2026, 1, 31)),
    ("made", "2026-01-31 00:00:00.000", date(2026, 1, 31)),
    ("made", "2024-02-29", date(2024, 2, 29)),
    ("colour", "dark blue", "dark blue"),
    ("colour", "none", "none"),  # a value of its own here, and no blank
    ("paint", "red", ("red",)),
    ("paint", " red ; none;", ("red", "none")),
    ("paint", " ; ", BLANK),
    ("codes", ";", BLANK),
    ("paint", "red；dark blue", ("red", "dark blue")),
    ("codes", "6(c);37.2", ("6(c)", "37.2")),
    ("codes", "37.2", ("37.2",)),
    ("roles", "producer;seller", ("producer", "seller")),
    ("evidence.p.report", "R-17", "R-17"),
    ("evidence.p.report", "1", "1"),  # may be the number of a report
    ("evidence.p.report", "TRUE", True),
    ("evidence.p.report", "no", False),
    ("evidence.p.report", "是", True),
    ("evidence.p.share", "0.5", 0.5),
    ("evidence.p.share", "1", 1.0),
    ("evidence.p.share", "yes", True),
    ("evidence.p.done", "no", False),
    ("evidence.p.route", "red", "red"),
    ("evidence.p.route", "yes", True),
    ("evidence.p.route", "no", "no"),  # a value of its own here
    ("evidence.p.parts", "false", False),
    ("evidence.p.issued", "true", True),
    ("evidence.p.issued", "2026-01-31", date(2026, 1, 31)),
]


@pytest.mark.parametrize(("fact", "text", "value"), GOOD)
def test_a_cell_states_its_value(fact, text, value, words):
    found = read_cell(FACTS[fact], text, words)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("name", sorted(FACTS))
@pytest.mark.parametrize("text", ["", " ", "\t", "\u3000"])
def test_a_blank_cell_states_nothing(name, text, words):
    assert read_cell(FACTS[name], text, words) is BLANK


@pytest.mark.parametrize("name", ["weight", "count", "on", "made", "roles", "evidence.p.report"])
@pytest.mark.parametrize("text", [*sorted(NOTHING_SAID), "N/A", " Unknown ", "TBD"])
def test_a_cell_that_says_that_nothing_is_known_states_nothing(name, text, words):
    assert read_cell(FACTS[name], text, words) is BLANK


WRONG = [
    ("weight", "14,000", "thousands separator: 14000"),
    ("weight", "1,5", "Write a decimal point: 1.5."),
    ("weight", "1,500", "(or 1.500 with a decimal point)"),
    ("weight", "1'500", "thousands separator: 1500"),
    ("weight", "1 500 000", "thousands separator: 1500000"),
    ("weight", "1\u00a0500", "thousands separator: 1500"),
    ("weight", "12 kg", "without unit; kg is meant, so 12?"),
    ("weight", "12.5kg", "without unit; kg is meant, so 12.5?"),
    ("change", "50%", "without unit; a plain number is meant, so 50?"),
    ("weight", "about 5", "Write the figure alone in kg."),
    ("weight", "nan", "is not"),
    ("weight", "NaN", "is not"),
    ("weight", "inf", "is not"),
    ("weight", "-Infinity", "is not"),
    ("weight", "1e999", "is none"),
    ("weight", "１２", "is not"),
    ("weight", "1_000", "is not"),
    ("weight", "0x10", "is not"),
    ("weight", "#N/A", "is not"),
    ("weight", "=1+1", "is not"),
    ("weight", "-1", "cannot be below 0 kg"),
    ("weight", "1001", "cannot be above 1000 kg"),
    ("weight", "true", "is a number"),
    ("count", "2.5", "is a whole number"),
    ("count", "-1", "cannot be below 0"),
    ("count", "1e300", "count"),
    ("steps", "-9223372036854775809", "steps"),
    ("on", "maybe", "yes, no, 是, 否"),
    ("on", "2", "true or false"),
    ("made", "31.01.2026", "can be read in two ways"),
    ("made", "01/02/2026", "can be read in two ways"),
    ("made", "2026/01/31", "Write it like 2026-01-31"),
    ("made", "2026-1-3", "Write it like 2026-01-31"),
    ("made", "20260131", "Write it like 2026-01-31"),
    ("made", "2026-01-31 12:30:00", "Write it like 2026-01-31"),
    ("made", "2026-02-30", "there is no day 2026-02-30"),
    ("made", "0026-01-31", "check the year"),
    ("made", "46053", "If it is 2026-01-31, write 2026-01-31."),
    ("made", "46053.0", "looks like a day as spreadsheets count them"),
    ("made", "２０２６-01-31", "there is no day"),
    ("colour", "redd", "Did you mean red?"),
    ("colour", "Red", "red"),
    ("colour", "dark  blue", "dark blue"),
    ("paint", "red;redd", "Did you mean red?"),
    ("paint", "red,dark blue", "cannot be"),
    ("roles", "producr", "Did you mean producer"),
    ("product_type", "montior", "Did you mean monitor"),
    ("evidence.p.share", "half", "is a number"),
    ("evidence.p.route", "redd", "Did you mean red?"),
    ("evidence.p.report", "a\tb", "control character"),
    ("evidence.p.report", "x" * 2001, "more than 2000"),
    ("id", "x" * 2001, "Is a quote missing?"),
]  # fmt: skip


@pytest.mark.parametrize(("fact", "text", "why"), WRONG, ids=range(len(WRONG)))
def test_a_cell_that_cannot_be_read_is_an_error_that_names_the_fact_and_the_mend(
    fact, text, why, words
):
    with pytest.raises(ValueError, match=r"`|Unknown") as caught:
        read_cell(FACTS[fact], text, words)
    message = str(caught.value)
    assert why in message
    assert fact in message or fact in ("roles", "product_type")
    assert "\n" not in message


def test_a_type_that_is_only_a_heading_is_refused_with_what_stands_below_it(words):
    heading = next(t.id for t in words.vocabulary.types.values() if t.group)
    with pytest.raises(ValueError, match="too wide for a product"):
        read_cell(FACTS["product_type"], heading, words)


# ---- columns -------------------------------------------------------------------------------------


def in_a_column(
    fact: Fact, cells: Any, rules: Rules, dtype: Any = pl.String
) -> list[tuple[Any, str]]:
    """Return value and error of each cell of a column, as `alone` does."""
    names = {key: [value] * len(cells) for key, value in KEYS.items() if key != fact.name}
    frame = pl.LazyFrame(names | {fact.name: pl.Series(cells, dtype=dtype, strict=False)})
    found = typed_frame(frame, rules).collect()
    done = found[fact.name + DONE] if fact.name + DONE in found.columns else [None] * len(cells)
    rows = zip(found[fact.name], done, found[ROW_ERROR], strict=True)
    assert not any(value is not None and said is not None for value, said, _ in rows)
    rows = zip(found[fact.name], done, found[ROW_ERROR], strict=True)
    return [(said if value is None else value, error or "") for value, said, error in rows]


def alone(fact: Fact, text: str | None, rules: Rules) -> tuple[Any, str]:
    """Return value and error of a cell, as a column holds them."""
    try:
        value = None if text is None else read_cell(fact, text, rules)
    except ValueError as error:
        return None, str(error)
    if value is None and fact.name in KEYS:
        return None, read_row({**KEYS, fact.name: ""}, rules)[1][0]
    return SEPARATOR.join(value) if isinstance(value, tuple) else value, ""


def agree(fact: Fact, cells: list[str | None], rules: Rules) -> None:
    together = in_a_column(fact, cells, rules)
    by_itself = [alone(fact, cell, rules) for cell in cells]
    assert [(c, *x) for c, x in zip(cells, together, strict=True)] == [
        (c, *x) for c, x in zip(cells, by_itself, strict=True)
    ]
    kinds = [(type(x), type(y)) for (x, _), (y, _) in zip(together, by_itself, strict=True)]
    assert all(one is other for one, other in kinds)


@pytest.mark.parametrize("name", FACTS)
def test_a_column_is_read_as_its_cells_are(name, words):
    texts = [text for _, text, *_ in (*GOOD, *WRONG)]
    agree(FACTS[name], [None, "", *texts, *NOTHING_SAID], words)


digits = st.text("0123456789", min_size=1, max_size=4)
NEAR: dict[str, st.SearchStrategy[str]] = {
    "number": st.one_of(
        st.floats().map(repr), st.floats(-1e4, 1e4).map("{:.2f}".format),
        st.from_regex(r"[+-]?[0-9,.' ]{1,9}([eE][+-]?[0-9]{1,3})?( ?k?[gW%])?", fullmatch=True),
    ),
    "date": st.one_of(
        st.dates().map(str), st.datetimes().map(str), st.dates().map("{:%d.%m.%Y}".format),
        st.from_regex(r"[0-9+ -]{4}-[0-9 ]{1,2}-[0-9 ]{1,2}([T ]00:00(:00)?)?", fullmatch=True),
        st.integers(0, 99999).map(str),
    ),
    "boolean": st.sampled_from(["true", "TRUE", "true ", "false", "yes", "0", "1", "2", "是", "t"]),
    "choice": st.sampled_from([*COLOURS, "RED", "re", "dark", "red;red", "None", "no", "true"]),
    "choices": st.lists(st.sampled_from([*COLOURS, " red", "", "re", "37"]), max_size=3).map(";".join),
    "roles": st.lists(st.sampled_from(["producer", "seller", "sell", " "]), max_size=3).map(";".join),
    "product_type": st.sampled_from(["monitor", "Monitor", "monitors", "television", "tv", "x"]),
    "text": st.from_regex(r"[A-Za-z0-9/._ :-]{0,12}", fullmatch=True) | st.sampled_from(
        ["-", "n/a", "None", "true", "\u00a0A1", "A\u2028B", "1\x00", "٣", "A1\x85", "\ufeffA1"]
    ),
}  # fmt: skip
NEAR["integer"] = NEAR["number"] | st.integers().map(str)
PADDING = st.sampled_from(["", "", "", " ", "\t", "\u00a0", "\u3000", "\n", "\r", "\x1f", "\u200b"])


def texts(kind: str) -> st.SearchStrategy[str | None]:
    """Texts near the syntax of a kind, near that of the others, and wholly random ones."""
    near = st.builds("{}{}{}".format, PADDING, NEAR[kind], PADDING)
    every = st.sampled_from(sorted(NEAR)).flatmap(NEAR.__getitem__)
    return near | near | every | st.text(max_size=12) | st.none()


@pytest.mark.parametrize("name", FACTS)
@settings(max_examples=25)
@given(data=st.data())
def test_whatever_stands_in_a_column_is_read_as_each_cell_by_itself(name, words, data):
    fact = FACTS[name]
    agree(fact, data.draw(st.lists(texts(fact.kind), min_size=1, max_size=12)), words)


# ---- typed columns -------------------------------------------------------------------------------

MIDNIGHT = datetime.combine(date(2026, 1, 31), time())
TYPED = [
    ("weight", pl.Float32, [0.1, 0.5, 1000.0, 1000.1, float("nan"), float("inf"), None],
     ["0.1", "0.5", "1000.0", "1000.1", "nan", "inf", None]),
    ("weight", pl.Float64, [0.1, 2.0, -1.0, float("nan"), float("-inf")],
     ["0.1", "2.0", "-1.0", "nan", "-inf"]),
    ("weight", pl.Int32, [0, 7, -1, 1001, None], ["0", "7", "-1", "1001", None]),
    ("weight", pl.Decimal(10, 2), [Decimal("0.10"), Decimal("1000.01")], ["0.10", "1000.01"]),
    ("weight", pl.Boolean, [True, False], ["true", "false"]),
    ("weight", pl.Date, [date(2026, 1, 31)], ["2026-01-31"]),
    ("count", pl.Float64, [2.0, 2.5, float("nan"), 1e300], ["2.0", "2.5", "nan", "1e300"]),
    ("count", pl.Float32, [2.0, 2.5], ["2.0", "2.5"]),
    ("count", pl.UInt64, [0, 2**53], ["0", str(2**53)]),
    ("count", pl.Decimal(10, 2), [Decimal("2.00"), Decimal("2.50")], ["2.00", "2.50"]),
    ("on", pl.Boolean, [True, False, None], ["true", "false", None]),
    ("on", pl.Int64, [1, 0, 2, None], ["1", "0", "2", None]),
    ("on", pl.Categorical, ["yes", "no", "perhaps"], ["yes", "no", "perhaps"]),
    ("made", pl.Date, [date(2026, 1, 31), date(1899, 1, 1), None], ["2026-01-31", "1899-01-01", None]),
    ("made", pl.Datetime("us"), [MIDNIGHT, MIDNIGHT.replace(hour=12, minute=30)],
     ["2026-01-31 00:00:00.000000", "2026-01-31 12:30:00.000000"]),
    ("made", pl.Datetime("ms"), [MIDNIGHT], ["2026-01-31 00:00:00.000"]),
    ("made", pl.Datetime("ns"), [MIDNIGHT], ["2026-01-31 00:00:00.000000000"]),
    ("made", pl.Int64, [46053, 20260131], ["46053", "20260131"]),
    ("colour", pl.Categorical, ["red", "rde", None], ["red", "rde", None]),
    ("colour", pl.Enum(["rde", "red"]), ["red", "rde"], ["red", "rde"]),
    ("colour", pl.Int64, [1], ["1"]),
    ("paint", pl.Categorical, ["red;none", "x"], ["red;none", "x"]),
    ("codes", pl.Int64, [37, None], ["37", None]),
    ("roles", pl.Categorical, ["producer"], ["producer"]),
    ("id", pl.Int64, [4711, 0], ["4711", "0"]),
    ("id", pl.Categorical, ["A-1"], ["A-1"]),
    ("name", pl.Int64, [4711, None], ["4711", None]),
    ("product_type", pl.Categorical, ["monitor", "montior"], ["monitor", "montior"]),
    ("product_type", pl.Enum(["television", "monitor"]), ["monitor"], ["monitor"]),
    ("evidence.p.report", pl.Boolean, [True, False, None], ["true", "false", None]),
    ("evidence.p.report", pl.Int64, [17], ["17"]),
    ("evidence.p.share", pl.Boolean, [True, False, None], ["true", "false", None]),
    ("evidence.p.share", pl.Int64, [1, 0], ["1", "0"]),
    ("evidence.p.route", pl.Boolean, [True, False], ["true", "false"]),
    ("evidence.p.parts", pl.Boolean, [True, False], ["true", "false"]),
    ("evidence.p.issued", pl.Boolean, [True, False], ["true", "false"]),
    ("evidence.p.done", pl.Int64, [1, 0], ["1", "0"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "dtype", "cells", "as_text"), TYPED)
def test_a_typed_column_is_read_as_its_text_would_be(name, dtype, cells, as_text, words):
    found = in_a_column(FACTS[name], cells, words, dtype)
    want = [alone(FACTS[name], text, words) for text in as_text]
    assert [value for value, _ in found] == [value for value, _ in want]
    assert [bool(error) for _, error in found] == [bool(error) for _, error in want]


@pytest.mark.parametrize("name", FACTS)
def test_a_column_of_nulls_states_nothing(name, words):
    rows = {key: [value] for key, value in KEYS.items() if key != name} | {name: [None]}
    found = typed_frame(pl.LazyFrame(rows), words).collect()
    assert found.get_column(name, default=pl.Series([None])).to_list() == [None]
    assert (found[ROW_ERROR].null_count() == 0) is (name in KEYS)


# ---- rows ----------------------------------------------------------------------------------------


def rows_agree(frame: pl.DataFrame, rules: Rules) -> None:
    """Hold the typed rows of a frame against each row read by itself."""
    typed = typed_frame(frame.lazy(), rules).collect()
    for row, said in zip(frame.iter_rows(named=True), typed.iter_rows(named=True), strict=True):
        product, wrong = read_row(row, rules)
        assert bool(said[ROW_ERROR]) is bool(wrong)
        if all(row.get(key) for key in KEYS):  # which blank key is told beside others is open
            assert (said[ROW_ERROR] or "") == " ".join(wrong)
        if product is not None:
            facts = {
                name: tuple(filter(None, value.split(SEPARATOR)))
                if isinstance(product.facts.get(name), tuple)
                else value
                for name in rules.facts
                for value in [said.get(name), said.get(name + DONE)]
                if value is not None
            }
            assert facts == product.facts
            bounds = {n.removesuffix(AT_LEAST) for n in said if n.endswith(AT_LEAST) and said[n]}
            assert bounds == product.lower_bounds


@settings(max_examples=30)
@given(data=st.data())
def test_a_row_is_read_by_itself_as_in_its_columns(words, data):
    names = data.draw(st.lists(st.sampled_from(sorted(FACTS)), min_size=2, max_size=6, unique=True))
    height = data.draw(st.integers(1, 6))
    column = partial(st.lists, min_size=height, max_size=height)
    good = st.sampled_from
    columns: dict[str, Any] = {
        key: data.draw(column(good([value, value, value, None, "?"])))
        for key, value in KEYS.items()
    }
    for name in names:
        fine = [text for fact, text, _ in GOOD if fact == name] or [""]
        columns[name] = data.draw(column(good(fine) | good(fine) | texts(FACTS[name].kind)))
    if data.draw(st.booleans()):
        columns[ROW_ERROR] = data.draw(column(good([None, None, "line 3 is too long."])))
    bound = data.draw(column(good([True, False, None])))
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    if "weight" in names:
        frame = frame.with_columns(pl.Series("weight" + AT_LEAST, bound, dtype=pl.Boolean))
    rows_agree(frame, words)


def test_every_wrong_cell_of_a_row_is_told_and_the_row_keeps_its_place(words):
    frame = pl.DataFrame(
        {"id": ["A", None, "C"], "product_type": ["monitor", "monitor", "x y z"],
         "weight": ["1 kg", "2", "3"], "on": ["ja", "true", "false"], "other": ["1", "2", "3"]}
    )  # fmt: skip
    found = typed_frame(frame.lazy(), words).collect()
    assert "other" not in found.columns
    first, second, third = found[ROW_ERROR]
    assert "`weight`" in first
    assert "`on`" in first
    assert second.startswith("`id` is blank.")
    assert 'Unknown product type "x y z"' in third
    assert found["weight"].to_list() == [None, 2.0, 3.0]
    rows_agree(frame, words)


@pytest.mark.parametrize("name", ["id", "product_type"])
def test_a_list_without_a_key_column_has_an_error_on_every_row(name, words):
    rows = {key: ["x", "y"] if key == "id" else ["monitor"] * 2 for key in KEYS if key != name}
    found = typed_frame(pl.LazyFrame(rows), words).collect()
    assert all(error.startswith(f"`{name}` is blank.") for error in found[ROW_ERROR])
    rows_agree(pl.DataFrame(rows), words)


def test_columns_are_typed_alike_whether_whole_or_in_batches(words):
    frame = pl.DataFrame(
        {"id": [str(i) for i in range(500)], "product_type": ["monitor"] * 500,
         "weight": ["1 kg" if i % 7 == 0 else f"{i}.5" for i in range(500)]}
    )  # fmt: skip
    whole = typed_frame(frame.lazy(), words)
    assert whole.collect_schema() == whole.collect().schema
    with pl.Config(streaming_chunk_size=17):
        assert whole.collect(engine="streaming").equals(whole.collect())
