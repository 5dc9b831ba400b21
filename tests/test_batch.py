"""`cncheck batch` and `cncheck map` as a user runs them: the same answers as for one product, for a list."""

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from python_calamine import load_workbook

from cncheck import batch as engine
from cncheck import cli
from cncheck.columns import wide
from cncheck.commands import lists as command
from cncheck.load.products import read_paths
from cncheck.load.rules import load_rules
from cncheck.model import BINDING, Product, Rules

ROOT = Path(__file__).parent.parent
LISTS = Path(__file__).parent / "lists"
GOLDEN = Path(__file__).parent / "golden"
REAL = Path(os.environ.get("CNCHECK_REAL_DATA", "not-set"))
DAY = ("--as-of", "2026-11-21")
DUTY = "traction_battery/five-representative-products"
SCHEMES = tuple(column for pack in load_rules().packs for column in (pack.id, f"{pack.id}.matched"))
BINDING_SCHEMES = {
    pack.id for pack in load_rules().packs if any(p.force in BINDING for p in pack.phases)
}
ANSWERS = (*SCHEMES, "violated", "open", "undetermined", "missing", "next_change")
Row = dict[str, str]


class Ran(NamedTuple):
    """What a run printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def summary(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[Row]:
        return list(csv.DictReader(io.StringIO(self.out)))


@pytest.fixture
def run(capfdbinary: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Run a command line in this process."""

    def run(*arguments: object, stdin: bytes | None = None) -> Ran:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = cli.run([str(argument) for argument in arguments])
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode(), err.decode())

    return run


@pytest.fixture
def batch(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ran]:
    """Run `cncheck batch` on the day of the tests, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return partial(run, "batch", *DAY)


Batch = Callable[..., Ran]


# ---- descriptors as lists ------------------------------------------------------------------------


@cache
def described(*names: str) -> tuple[Product, ...]:
    """Return the products of descriptors."""
    found = read_paths([str(ROOT / name) for name in names], load_rules(), lambda _: b"")
    assert not found.errors
    return found.products


def table(products: Iterable[Product]) -> list[Row]:
    """Return what products state, as the cells of a list."""
    rows = [{name: _cell(value) for name, value in one.facts.items()} for one in products]
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name, "") for name in names} for row in rows]


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ";".join(value) if isinstance(value, tuple) else str(value)


def text(rows: Sequence[Mapping[str, str]], separator: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=separator, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def read(file: str | Path) -> list[Row]:
    return list(csv.DictReader(io.StringIO(Path(file).read_text(encoding="utf-8-sig"))))


def write(file: str | Path, rows: Sequence[Mapping[str, str]]) -> Path:
    path = Path(file)
    path.write_text(text(rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def examples() -> list[Row]:
    """All examples, as a list."""
    return table(described("examples"))


@pytest.fixture(scope="session")
def twenty() -> list[Row]:
    """Twenty products, one for each way a duty can stand, as a list."""
    rows = table(described("tests/lists/twenty.yaml"))
    assert len(rows) == 20
    return rows


def stated(rows: Iterable[Row], id_: str) -> Row:
    """Return the row of a product, without its blank cells."""
    (found,) = ({k: cell for k, cell in row.items() if cell} for row in rows if row["id"] == id_)
    return found


def told(report: Mapping[str, Any], rules: Rules) -> Row:
    """Return what the report on one product says, as a row of a list says it."""
    schemes = report["schemes"]
    portfolio = {o.id for pack in rules.packs for o in pack.obligations if o.portfolio}

    def duties(status: str) -> str:
        return ";".join(
            duty["id"]
            for scheme in schemes
            for duty in scheme["obligations"]
            if scheme["verdict"] == "applies" and duty["status"] == status
            if duty["force"] == "mandatory" and duty["id"] not in portfolio
        )

    row = {}
    for one in schemes:
        row[one["id"]] = one["verdict"]
        row[f"{one['id']}.matched"] = ";".join(match["code"] for match in one["matched"])
    missing = Counter(fact for one in schemes for fact in one["missing"])
    days = [one["next_change"]["date"] for one in schemes if one["next_change"]]
    row["violated"], row["open"] = duties("violated"), duties("open")
    row["undetermined"] = ";".join(o["id"] for o in schemes if o["verdict"] == "undetermined")
    row["missing"] = ";".join(fact for fact, _ in missing.most_common())
    row["next_change"] = min(days, default="")
    return row


def answers(rows: Iterable[Row]) -> dict[str, Row]:
    return {row["id"]: {name: row[name] for name in ANSWERS} for row in rows}


# ---- the wide answer -----------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["2026-11-21", "2025-12-30", "2027-01-01", "2027-08-01"])
def test_a_list_gets_the_answers_of_its_products_as_descriptors(
    batch: Batch, run: Batch, rules: Rules, day: str
) -> None:
    sources = ("examples", "tests/lists/twenty.yaml", "tests/lists/portfolio.yaml")
    write("list.csv", table(described(*sources)))
    paths = [ROOT / name for name in sources]
    report = run("check", *paths, "--as-of", day, "--format", "json").summary
    wanted = {one["id"]: told(one, rules) for one in report["products"]}
    assert len(wanted) > 50
    batch("list.csv", "-o", "out.csv", "--as-of", day)
    assert answers(read("out.csv")) == wanted


def test_the_columns_are_the_keys_then_the_schemes_then_the_findings(batch: Batch) -> None:
    header = batch(LISTS / "mixed.csv", "-o", "-").out.partition("\n")[0]
    keys = ("id", "name", "enterprise", "product_type")
    assert header.split(",") == [*keys, *ANSWERS, "error"]


def test_a_row_with_an_error_keeps_its_place_and_gets_no_answer(batch: Batch) -> None:
    ran = batch(LISTS / "mixed.csv", "-o", "-")
    source = read(LISTS / "mixed.csv")
    assert [row["id"] for row in ran.rows] == [row["id"] for row in source]
    wrong = {row["name"]: row for row in ran.rows if row["error"]}
    assert list(wrong) == [
        "Pack with a comma", "What is it", "What is it too", "Nobody said", "Nobody numbered it",
    ]  # fmt: skip
    for row in wrong.values():
        assert {row[name] for name in ANSWERS} == {""}
    for name, words in {
        "Pack with a comma": "Write a decimal point: 82.5",
        "What is it": "Did you mean portable_computer",
        "Nobody said": "`product_type` is blank",
        "Nobody numbered it": "`id` is blank",
    }.items():
        assert words in wrong[name]["error"]


def test_answers_do_not_hang_on_the_order_of_rows_and_columns_or_on_the_size_of_batches(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = read(LISTS / "mixed.csv")
    write("list.csv", rows)
    usual, told = batch("list.csv", "-o", "-"), batch("list.csv", "--format", "json").summary
    turned = [dict(reversed(row.items())) for row in rows]
    write("list.csv", turned)
    assert batch("list.csv", "-o", "-").out == usual.out
    monkeypatch.setattr(wide, "_ROWS", 2)
    assert batch("list.csv", "-o", "-").out == usual.out
    again = batch("list.csv", "--format", "json").summary
    assert again.pop("ignored_columns") == told.pop("ignored_columns")[::-1]
    assert again == told
    write("list.csv", turned[::-1])
    assert batch("list.csv", "-o", "-").rows == usual.rows[::-1]


def test_the_same_list_gives_the_same_bytes(batch: Batch) -> None:
    runs = {batch(LISTS / "mixed.csv", "--format", "json").out for _ in range(3)}
    assert len(runs) == 1


# ---- every kind of list --------------------------------------------------------------------------


def _xlsx(rows: list[Row], path: str) -> None:
    pl.DataFrame(rows).write_excel(path)


def _typed(rows: list[Row], path: str) -> None:
    """Write numbers as numbers and days as days, where a whole column holds nothing else."""
    frame = pl.DataFrame(rows).with_columns(pl.when(pl.all() != "").then(pl.all()))
    for name in frame.columns:
        for kind in (pl.Float64, pl.Date):
            with suppress(pl.exceptions.PolarsError):
                frame = frame.with_columns(pl.col(name).cast(kind) if kind == pl.Float64
                                           else pl.col(name).str.to_date("%Y-%m-%d"))  # fmt: skip
                break
    assert frame.schema["rated_energy_kwh"] == pl.Float64
    assert frame.schema["produced_on"] == pl.Date
    frame.write_parquet(path)


def _jsonl(rows: list[Row], path: str) -> None:
    lines = (json.dumps({k: v for k, v in row.items() if v}, ensure_ascii=False) for row in rows)
    Path(path).write_text("\n".join(lines), encoding="utf-8")


def _text(encoding: str, separator: str, end: str) -> Callable[[list[Row], str], None]:
    def write(rows: list[Row], path: str) -> None:
        Path(path).write_bytes(text(rows, separator).replace("\n", end).encode(encoding))

    return write


KINDS: dict[str, tuple[str, Callable[[list[Row], str], None]]] = {
    "UTF-8": ("list.csv", _text("utf-8", ",", "\n")),
    "UTF-8 with its mark": ("list.csv", _text("utf-8-sig", ",", "\r\n")),
    "GB 18030": ("list.csv", _text("gb18030", ",", "\r\n")),
    "UTF-16": ("list.csv", _text("utf-16", "\t", "\r\n")),
    "semicolons": ("list.csv", _text("utf-8", ";", "\n")),
    "tabs": ("list.tsv", _text("utf-8", "\t", "\n")),
    "a workbook": ("list.xlsx", _xlsx),
    "parquet": ("list.parquet", lambda rows, path: pl.DataFrame(rows).write_parquet(path)),
    "typed parquet": ("list.parquet", _typed),
    "JSON lines": ("list.jsonl", _jsonl),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_list_and_its_encoding_change_no_answer(
    batch: Batch, run: Batch, rules: Rules, examples: list[Row], kind: str
) -> None:
    name, put = KINDS[kind]
    rows = [{**row, "name": f"{row['name']} 样品"} for row in examples]
    if kind == "semicolons":  # a list that joins words by semicolons has them in quotes
        assert any(
            ";" in cell
            for row in table(described("tests/lists/twenty.yaml"))
            for cell in row.values()
        )
    put(rows, name)
    report = run("check", ROOT / "examples", *DAY, "--format", "json").summary
    ran = batch(name, "-o", "-")
    assert ran.code == 0
    assert answers(ran.rows) == {one["id"]: told(one, rules) for one in report["products"]}
    assert [row["name"] for row in ran.rows] == [row["name"] for row in rows]


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "parquet", "jsonl"])
def test_every_kind_of_output_says_the_same(batch: Batch, ending: str) -> None:
    wanted = [tuple(row.values()) for row in batch(LISTS / "mixed.csv", "-o", "-", "--raw").rows]
    ran = batch(LISTS / "mixed.csv", "-o", f"out.{ending}", "--raw")
    assert ran.code == 2
    readers: dict[str, Callable[[str], list[Sequence[Any]]]] = {
        "csv": lambda path: pl.read_csv(path, infer_schema=False).rows(),
        "tsv": lambda path: pl.read_csv(path, infer_schema=False, separator="\t").rows(),
        "xlsx": lambda path: load_workbook(path).get_sheet_by_index(0).to_python()[1:],
        "parquet": lambda path: pl.read_parquet(path).rows(),
        "jsonl": lambda path: [
            tuple(json.loads(line).values())
            for line in Path(path).read_text(encoding="utf-8").splitlines()
        ],
    }
    rows = readers[ending](f"out.{ending}")
    assert [tuple("" if v is None else str(v) for v in row) for row in rows] == wanted
    days = {type(row[-2]) for row in rows if row[-2]}
    assert days == {date if ending in ("xlsx", "parquet") else str}


def test_materials_in_json_lines_are_judged_as_in_a_descriptor(
    batch: Batch, run: Batch, rules: Rules, tmp_path: Path
) -> None:
    from cncheck.load.yamlfile import read_documents

    source = ROOT / "examples" / "toaster_with_materials.yaml"
    (raw,) = read_documents(source.read_text(encoding="utf-8"), source.name)
    (tmp_path / "list.jsonl").write_text(json.dumps(raw, default=str), encoding="utf-8")
    report = run("check", source, *DAY, "--format", "json").summary
    found = batch("list.jsonl", "-o", "-").rows
    assert answers(found) == {"TOASTER-2": told(report["products"][0], rules)}


def test_standard_input_is_a_list_of_any_kind(batch: Batch) -> None:
    pl.read_csv(LISTS / "mixed.csv", infer_schema=False).write_parquet("list.parquet")
    wanted = batch(LISTS / "mixed.csv", "-o", "-").out
    for source in (LISTS / "mixed.csv", Path("list.parquet")):
        assert batch("-", "-o", "-", stdin=source.read_bytes()).out == wanted


def test_several_lists_with_different_columns_are_one_answer(batch: Batch) -> None:
    Path("in").mkdir()
    write("in/b.csv", [{"id": "T-1", "product_type": "television", "name": "TV"}])
    write(
        "in/a.csv",
        [{"product_type": "traction_battery_pack", "rated_energy_kwh": "1", "id": "P-1", "x": ""}],
    )
    ran = batch("in/b.csv", "in/a.csv", "-o", "-")
    assert [(r["id"], r["name"], r["traction_battery"]) for r in ran.rows] == [
        ("T-1", "TV", "does_not_apply"),
        ("P-1", "", "does_not_apply"),
    ]
    assert [row["id"] for row in batch("in", "-o", "-").rows] == ["P-1", "T-1"]
    summary = batch("in", "--format", "json").summary
    assert (summary["rows"], summary["files"]) == (2, ["in/a.csv", "in/b.csv"])
    assert summary["ignored_columns"] == ["x"]


def test_lists_of_which_none_can_be_used_leave_no_output(batch: Batch) -> None:
    write("bad.csv", [{"SKU": "T-1", "type": "television"}])
    ran = batch("bad.csv", "gone.csv", "-o", "out.csv")
    assert ran.code == 2
    assert not Path("out.csv").exists()
    assert "bad.csv" in ran.err


# ---- exit codes and the gate ---------------------------------------------------------------------

CODES: dict[str, tuple[str, tuple[str, ...], int]] = {
    "nothing is violated": ("OPEN", (), 0),
    "something is violated": ("VIOLATED", (), 1),
    "a deadline has passed": ("OVERDUE", (), 1),
    "violated, and nobody minds": ("VIOLATED", ("--fail-on", "never"), 0),
    "something is open": ("OPEN", ("--fail-on", "open"), 1),
    "violated, asked for open": ("VIOLATED", ("--fail-on", "open"), 1),
    "only undetermined": ("NO-CAPACITY", ("--fail-on", "undetermined"), 4),
    "open and undetermined": ("NO-CAPACITY", ("--strict",), 1),
    "undetermined, not asked": ("NO-CAPACITY", (), 0),
    "falls due in time": ("FALLS-DUE", ("--fail-on", "due:90d"), 1),
    "falls due later": ("FALLS-DUE", ("--fail-on", "due:18d"), 0),
    "begins in time": ("UPCOMING", ("--fail-on", "due:41d"), 1),
    "begins a day later": ("UPCOMING", ("--fail-on", "due:40d"), 0),
    "voluntary": ("VOLUNTARY", ("--fail-on", "open", "--only", "pcf_pilot"), 0),
    "voluntary, and it counts": (
        "VOLUNTARY",
        ("--fail-on", "open", "--only", "pcf_pilot", "--force", "voluntary"),
        1,
    ),
    "no pack is asked": ("OPEN", ("--only", "rohs", "--skip", "rohs"), 3),
    "no such pack": ("OPEN", ("--only", "rhos"), 2),
    "no such day": ("OPEN", ("--as-of", "21.11.2026"), 2),
    "no such word": ("OPEN", ("--fail-on", "vilated"), 2),
    "no such force": ("OPEN", ("--force", "strong"), 2),
    "no such format": ("OPEN", ("--format", "sarif"), 2),
    "no such language": ("OPEN", ("--lang", "de"), 2),
    "a pack that is none": ("OPEN", ("--rules", "nowhere"), 2),
}


@pytest.mark.parametrize("case", CODES)
def test_the_exit_code_is_that_of_the_contract(batch: Batch, twenty: list[Row], case: str) -> None:
    id_, options, code = CODES[case]
    write("list.csv", [stated(twenty, id_)])
    ran = batch("list.csv", *options)
    assert ran.code == code, ran.out + ran.err
    assert bool(ran.err) == (code == 2)


def test_a_pack_that_is_invalid_is_code_5(batch: Batch, twenty: list[Row]) -> None:
    write("list.csv", twenty)
    Path("packs").mkdir()
    Path("packs/mine.yaml").write_text("id: mine\n", encoding="utf-8")
    ran = batch("list.csv", "-o", "out.csv", "--rules", "packs")
    assert ran.code == 5
    assert "packs/mine.yaml" in ran.err


def test_a_pack_of_ones_own_gets_columns(batch: Batch, twenty: list[Row]) -> None:
    write("list.csv", twenty)
    Path("packs").mkdir()
    pack = (ROOT / "rules" / "traction_battery.yaml").read_text(encoding="utf-8")
    mine = pack.replace("traction_battery/", "my_battery/").replace(
        "evidence.traction_battery", "evidence.my_battery"
    )
    Path("packs/my_battery.yaml").write_text(
        mine.replace("id: traction_battery\n", "id: my_battery\n"), encoding="utf-8"
    )
    ran = batch("list.csv", "-o", "-", "--rules", "packs", "--only", "my_battery")
    verdicts = {row["id"]: row["my_battery"] for row in ran.rows}
    assert (verdicts["UPCOMING"], verdicts["TOO-SMALL"]) == ("applies", "does_not_apply")
    assert not {"rohs", "traction_battery"} & ran.rows[0].keys()


@pytest.mark.parametrize(
    ("rows", "options", "code"),
    [
        ([("P", "televison")], (), 2),
        ([("P", "televison")], ("--allow-row-errors",), 3),
        ([("P", "televison"), ("T", "television")], (), 2),
        ([("P", "televison"), ("T", "television")], ("--allow-row-errors",), 0),
        ([("P", "televison"), ("T", "television")], ("--allow-row-errors", "--strict"), 1),
        ([], (), 3),
    ],
)
def test_rows_that_cannot_be_read_fail_the_run_unless_they_are_allowed(
    batch: Batch, rows: list[tuple[str, str]], options: tuple[str, ...], code: int
) -> None:
    lines = ["id,product_type", *(",".join(row) for row in rows)]
    Path("list.csv").write_text("\n".join(lines), encoding="utf-8")
    ran = batch("list.csv", "-o", "out.csv", *options)
    assert ran.code == code
    assert f"exit code {code}" in ran.out or code == 0
    out = read("out.csv")
    assert [row["id"] for row in out] == [id_ for id_, _ in rows]
    assert [bool(row["error"]) for row in out] == [kind == "televison" for _, kind in rows]


POLICIES: list[tuple[str, ...]] = [
    (),
    ("--fail-on", "undetermined"),
    ("--fail-on", "open,due:9999d"),
    ("--fail-on", "violated,due:18d"),
    ("--fail-on", "never"),
    ("--strict", "--force", "pilot,voluntary"),
    ("--strict", "--force", "pilot", "--whole-portfolio"),
    ("--strict", "--no-presume"),
    ("--strict", "--fail-on", "due:400d", "--force", "voluntary", "--as-of", "2027-01-01"),
    ("--fail-on", "due:90d", "--as-of", "2027-07-01"),
    ("--strict", "--as-of", "2026-05-31"),
]


@pytest.mark.parametrize("policy", POLICIES, ids=" ".join)
def test_the_gate_decides_as_it_does_for_descriptors(
    batch: Batch, run: Batch, twenty: list[Row], policy: tuple[str, ...]
) -> None:
    write("list.csv", twenty)
    one_by_one = run("check", LISTS / "twenty.yaml", *DAY, "--format", "json", *policy)
    as_list = batch("list.csv", "--format", "json", *policy)
    assert as_list.code == one_by_one.code
    gates = one_by_one.summary["gate"], as_list.summary["gate"]
    assert gates[0]["fail_on"] == gates[1]["fail_on"]
    assert gates[0]["tripped"] == gates[1]["tripped"]
    assert Counter(_by_duty(gates[0]["reasons"])) == Counter(_counted(gates[1]["reasons"]))


def _by_duty(reasons: Iterable[str]) -> Iterator[str]:
    """Yield the reasons of a report without the product, unless they are of an enterprise."""
    for reason in reasons:
        owner, _, rest = reason.partition(": ")
        yield reason if DUTY in rest and owner.isalpha() else re.sub(r" on \S+$", "", rest)


def _counted(reasons: Iterable[str]) -> Iterator[str]:
    """Yield the reasons of a list, as often as there are rows that have them."""
    for reason in reasons:
        found = re.fullmatch(r"(.*) in (\d+) rows?", reason)
        yield from [found[1]] * int(found[2]) if found else [reason]


SINGLE = ("MET", "OPEN", "VIOLATED", "UPCOMING", "NO-ENERGY", "EXPORTED", "NOT-ELECTRICAL")


@pytest.mark.parametrize("id_", SINGLE)
def test_a_list_of_one_product_fails_just_where_its_descriptor_does(
    batch: Batch, run: Batch, twenty: list[Row], id_: str
) -> None:
    write("list.csv", [stated(twenty, id_)])
    (tmp := Path("one.json")).write_text(
        json.dumps({k: v for k, v in _facts(id_).items() if v is not None}), encoding="utf-8"
    )
    for policy in (("--strict",), ("--fail-on", "due:90d,undetermined")):
        assert batch("list.csv", *policy).code == run("check", tmp, *DAY, *policy).code


def _facts(id_: str) -> dict[str, Any]:
    (product,) = (one for one in described("tests/lists/twenty.yaml") if one.id == id_)
    facts: dict[str, Any] = {}
    for name, value in product.facts.items():
        kept = list(value) if isinstance(value, tuple) else value
        kept = kept.isoformat() if isinstance(kept, date) else kept
        if name.startswith("evidence."):
            _, pack, key = name.split(".")
            facts.setdefault("evidence", {}).setdefault(pack, {})[key] = kept
        else:
            facts[name] = kept
    return facts


# ---- --long, --only-findings, --only, --row ------------------------------------------------------


def test_a_long_list_has_a_row_for_each_duty_of_each_scheme(
    batch: Batch, run: Batch, twenty: list[Row]
) -> None:
    write("list.csv", twenty)
    found = [
        (row["id"], row["scheme"], row["verdict"], row["phase"], row["matched"], row["obligation"],
         row["status"], row["force"], row["due"])
        for row in batch("list.csv", "-o", "-", "--long").rows
    ]  # fmt: skip
    report = run("check", LISTS / "twenty.yaml", *DAY, "--format", "json").summary
    wanted = []
    for one in report["products"]:
        for scheme in one["schemes"]:
            head = (one["id"], scheme["id"], scheme["verdict"], scheme["phase"] or "",
                    ";".join(match["code"] for match in scheme["matched"]))  # fmt: skip
            duties = [
                (*head, duty["id"], duty["status"], duty["force"], duty["due"] or "")
                for duty in scheme["obligations"]
            ]
            wanted += duties or [(*head, "", "", "", "")]
    assert found == wanted


def test_a_row_with_an_error_is_one_row_of_a_long_list(batch: Batch) -> None:
    found = batch(LISTS / "mixed.csv", "-o", "-", "--long").rows
    wrong = [row for row in found if row["error"]]
    assert [row["name"] for row in wrong] == [
        "Pack with a comma", "What is it", "What is it too", "Nobody said", "Nobody numbered it",
    ]  # fmt: skip
    assert {row["scheme"] + row["verdict"] + row["obligation"] for row in wrong} == {""}


def test_only_findings_keeps_the_rows_that_need_attention(batch: Batch, twenty: list[Row]) -> None:
    write("list.csv", [*twenty, {**dict.fromkeys(twenty[0], ""), "id": "WRONG"}])
    everything = batch("list.csv", "-o", "-").rows
    ran = batch("list.csv", "-o", "out.csv", "--only-findings", "--format", "json")
    found = read("out.csv")
    assert found == [
        row
        for row in everything
        if any(row[sign] for sign in ("violated", "open", "error"))
        or not BINDING_SCHEMES.isdisjoint(row["undetermined"].split(";"))
    ]
    left_out = {row["id"] for row in everything} - {row["id"] for row in found}
    assert left_out == {"EXPORTED", "NOT-ELECTRICAL"}
    assert (ran.summary["rows"], ran.summary["output"]["rows"]) == (21, len(found))


def test_only_findings_of_a_long_list_are_duties_that_need_attention(
    batch: Batch, twenty: list[Row]
) -> None:
    write("list.csv", twenty)
    usual = ("list.csv", "-o", "-", "--long", "--skip", "rohs")
    everything = batch(*usual).rows
    statuses = ("violated", "open", "undetermined")
    for forces in (["mandatory"], ["mandatory", "voluntary", "pilot"]):
        ran = batch(*usual, "--force", ",".join(forces), "--only-findings")
        assert ran.rows == [
            row
            for row in everything
            if row["error"]
            or (row["verdict"] == "undetermined" and row["scheme"] in BINDING_SCHEMES)
            or (row["status"] in statuses and row["force"] in forces)
        ]


def test_packs_can_be_chosen(batch: Batch) -> None:
    everything = {row["name"]: row for row in batch(LISTS / "mixed.csv", "-o", "-").rows}
    left = [pack for pack in SCHEMES[::2] if pack not in ("pcf_pilot", "rohs")]
    for options, packs in (
        (("--only", "energy_label", "--only", "rohs"), ["energy_label", "rohs"]),
        (("--skip", "pcf_pilot", "--skip", "rohs"), left),
    ):
        rows = batch(LISTS / "mixed.csv", "-o", "-", *options).rows
        schemes = [name for name in rows[0] if name in SCHEMES]
        assert schemes == [word for pack in packs for word in (pack, f"{pack}.matched")]
        for row in rows:
            assert {name: row[name] for name in schemes}.items() <= everything[row["name"]].items()


@pytest.mark.parametrize("id_", ["OVERDUE", "UPCOMING", "SAID-ALOUD"])
def test_a_row_gets_the_full_report_of_its_descriptor(
    batch: Batch, run: Batch, twenty: list[Row], id_: str
) -> None:
    write("list.csv", twenty)
    Path("one.json").write_text(json.dumps(_facts(id_)), encoding="utf-8")
    for options in (("--format", "json"), ("--explain", "--lang", "zh"), ("--strict", "--all")):
        wanted = run("check", "one.json", *DAY, *options)
        found = batch("list.csv", "--row", id_, *options)
        assert found.code == wanted.code
        assert found.out.replace("list.csv", "one.json") == wanted.out


def test_the_row_with_an_error_is_told_what_is_wrong(batch: Batch) -> None:
    ran = batch(LISTS / "mixed.csv", "--row", "EV-3")
    assert ran.code == 2
    assert "Write a decimal point: 82.5" in ran.out + ran.err


def test_an_id_that_no_row_has_is_told(batch: Batch) -> None:
    ran = batch(LISTS / "mixed.csv", "--row", "TV-9")
    assert (ran.code, ran.out) == (2, "")
    assert '"TV-9"' in ran.err
    assert "mixed.csv" in ran.err


def test_ids_that_are_numbers_are_found(batch: Batch) -> None:
    pl.DataFrame({"id": [17, 18], "product_type": ["toy", "monitor"]}).write_parquet("l.parquet")
    ran = batch("l.parquet", "--row", "18", "--format", "json")
    assert (ran.code, ran.summary["products"][0]["id"]) == (0, "18")
    found = pl.read_parquet("l.parquet").write_excel("l.xlsx")
    assert found is not None
    assert (
        batch("l.xlsx", "--row", "18", "--format", "json").out.replace("xlsx", "parquet") == ran.out
    )


# ---- maps ----------------------------------------------------------------------------------------

MAPS = ROOT / "examples" / "maps"


def test_a_foreign_list_is_read_by_a_map(batch: Batch) -> None:
    ran = batch(MAPS / "erp_export.csv", "--map", MAPS / "erp_export.yaml", "-o", "-")
    rows = {row["id"]: row for row in ran.rows}
    assert ran.code == 2
    assert len(rows) == 9
    assert rows["100-017"]["energy_label.matched"] == "CEL 027"
    assert rows["100-018"]["energy_label"] == "applies"
    assert rows["200-004"]["rohs"] == "does_not_apply"
    assert rows["400-001"]["traction_battery"] == "applies"
    assert rows["400-002"]["missing"] == "rated_energy_kwh"
    assert rows["900-009"]["error"] == (
        'WGBEZ "X-99" has no product type in the map: add it under values'
    )


def test_rows_that_a_map_leaves_unclassified_are_counted_with_an_example(batch: Batch) -> None:
    rows = [{"Nr": f"{i}", "Art": art} for i, art in enumerate("aabcbb")]
    write("list.csv", rows)
    Path("map.yaml").write_text(
        "columns: {Nr: id, Art: {fact: product_type, values: {a: toy}}}", encoding="utf-8"
    )
    summary = batch("list.csv", "--map", "map.yaml", "--format", "json").summary
    assert (summary["rows"], summary["rows_with_errors"]) == (6, 4)
    assert [(e["rows"], e["file"], e["row"]) for e in summary["errors"]] == [
        (3, "list.csv", 3),
        (1, "list.csv", 4),
    ]
    assert 'Art "b"' in summary["errors"][0]["message"]


def test_a_list_that_lacks_a_column_of_the_map_is_refused(batch: Batch) -> None:
    write("list.csv", [{"MATNR": "1", "WGBEZ2": "TV"}])
    Path("map.yaml").write_text("columns: {MATNR: id, WGBEZ: product_type}", encoding="utf-8")
    ran = batch("list.csv", "--map", "map.yaml", "-o", "out.csv")
    assert (ran.code, ran.out, Path("out.csv").exists()) == (2, "", False)
    assert "map.yaml:1:" in ran.err
    assert "WGBEZ2" in ran.err


def test_a_foreign_list_without_a_map_is_refused_and_told_how_to_get_one(batch: Batch) -> None:
    ran = batch(MAPS / "erp_export.csv")
    assert ran.code == 2
    assert "`id`" in ran.err
    assert "`product_type`" in ran.err
    assert "cncheck map" in ran.err


@pytest.mark.parametrize("name", ["erp_export.csv", "supplier_list.csv"])
def test_a_proposed_map_reads_the_list_it_was_made_for(batch: Batch, run: Batch, name: str) -> None:
    proposed = run("map", MAPS / name)
    assert (proposed.code, proposed.err) == (0, "")
    assert run("map", MAPS / name).out == proposed.out
    Path("map.yaml").write_text(proposed.out, encoding="utf-8")
    ran = batch(MAPS / name, "--map", "map.yaml", "-o", "-")
    assert [row["id"] for row in ran.rows] == [next(iter(row.values())) for row in _exported(name)]
    for row in ran.rows:  # what is not certain is an error and no guess
        assert row["error"] or row["product_type"]


def _exported(name: str) -> list[Row]:
    source = (MAPS / name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(source), delimiter=";" if ";" in source else ","))


def test_a_map_is_proposed_for_standard_input_and_for_one_list_only(
    batch: Batch, run: Batch
) -> None:
    del batch
    source = MAPS / "supplier_list.csv"
    given = run("map", "-", stdin=source.read_bytes()).out
    assert given.splitlines()[3:] == run("map", source).out.splitlines()[3:]
    ran = run("map", MAPS)
    assert (ran.code, ran.out) == (2, "")
    assert "one" in ran.err
    assert run("map", "nothing.csv").code == 2


# ---- enterprises ---------------------------------------------------------------------------------

FIELDS = ("enterprise", "obligation", "status", "force", "have", "need", "products", "reasons")


@pytest.mark.parametrize(
    "options",
    [(), ("--whole-portfolio",), ("--as-of", "2027-01-01"), ("--no-presume",)],
    ids=" ".join,
)
def test_the_duties_of_enterprises_are_judged_as_over_descriptors(
    batch: Batch, run: Batch, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    write("list.csv", table(described("tests/lists/portfolio.yaml")))
    source = LISTS / "portfolio.yaml"
    wanted = run("check", source, *DAY, *options, "--format", "json").summary["portfolio"]
    assert [one["enterprise"] for one in wanted] == ["Alpha", "Beta", "Gamma", ""]
    for size in (65_536, 2):
        monkeypatch.setattr(wide, "_ROWS", size)
        monkeypatch.setattr(engine, "_COMPACT", size)
        found = batch("list.csv", *options, "--format", "json").summary["portfolio"]
        assert [tuple(o[f] for f in FIELDS) for o in found] == [
            tuple(o[f] for f in FIELDS) for o in wanted
        ]


@pytest.mark.parametrize("day", ["2024-01-01", "2026-11-21", "2030-01-01"])
def test_the_order_of_rows_changes_nothing_about_an_enterprise(batch: Batch, day: str) -> None:
    rows = table(described("tests/lists/portfolio.yaml"))
    found = []
    for ordered in (rows, rows[::-1], sorted(rows, key=lambda row: row["rated_energy_kwh"])):
        write("list.csv", ordered)
        ran = batch("list.csv", "--as-of", day, "--only", "traction_battery", "--format", "json")
        one = {o["enterprise"]: o for o in ran.summary["portfolio"]}
        found.append([one[name] for name in sorted(one)])
    assert found[0] == found[1] == found[2]


def test_a_whole_portfolio_may_be_broken_and_a_part_of_it_may_not(batch: Batch) -> None:
    write("list.csv", table(described("tests/lists/portfolio.yaml")))
    options = ("list.csv", "--force", "pilot", "--format", "json")
    part, whole = batch(*options), batch(*options, "--whole-portfolio")
    reason = f"Beta: {DUTY} is violated"
    assert part.code == 0
    assert {one["status"] for one in part.summary["portfolio"]} == {"met", "undetermined"}
    assert whole.code == 1
    assert whole.summary["gate"]["reasons"] == [reason]


def test_the_duties_of_enterprises_can_be_written_to_a_list(batch: Batch) -> None:
    write("list.csv", table(described("tests/lists/portfolio.yaml")))
    ran = batch("list.csv", "--whole-portfolio", "--portfolio", "p.jsonl", "--format", "json")
    told = [json.loads(line) for line in Path("p.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [{**one, "reasons": " ".join(one["reasons"])} for one in ran.summary["portfolio"]] == [
        {**one, "enterprise": one["enterprise"] or ""} for one in told
    ]
    assert "3 of 5 declared; no LFP among them." in told[1]["reasons"]


def test_a_list_without_packs_writes_an_empty_list_of_enterprises(batch: Batch) -> None:
    write("list.csv", [{"id": "T", "product_type": "toy"}])
    assert batch("list.csv", "--portfolio", "p.csv").code == 0
    assert Path("p.csv").read_text(encoding="utf-8").splitlines() == [",".join(FIELDS)]


# ---- the summary ---------------------------------------------------------------------------------

SUMMARIES = {
    "batch_summary.txt": (),
    "batch_summary_zh.txt": ("--lang", "zh", "--strict", "--allow-row-errors"),
    "batch_summary.json": ("--format", "json", "-o", "out.csv"),
    "batch_wide.csv": ("-o", "-"),
    "batch_long.csv": ("-o", "-", "--long", "--only", "energy_label", "--only", "traction_battery"),
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_output_is_the_one_kept_in_golden(batch: Batch, name: str) -> None:
    shutil.copy(LISTS / "mixed.csv", "mixed.csv")
    out = re.sub(r"[0-9a-f]{64}", "...", batch("mixed.csv", *SUMMARIES[name]).out)
    if os.environ.get("CNCHECK_GOLDEN") == "write":
        (GOLDEN / name).write_text(out, encoding="utf-8", newline="")
    expected = (GOLDEN / name).read_bytes().decode()
    assert out == expected, "if this is meant: make golden, and review the difference"


def test_no_golden_file_of_a_list_is_left_over() -> None:
    assert {path.name for path in GOLDEN.glob("batch_*")} == set(SUMMARIES)


def test_the_summary_counts_what_the_rows_say(batch: Batch, twenty: list[Row]) -> None:
    write("list.csv", [*twenty, {**dict.fromkeys(twenty[0], ""), "id": "WRONG"}])
    ran = batch("list.csv", "-o", "-", "--format", "json")
    rows, summary = ran.rows, json.loads(ran.err)
    assert list(summary) == [
        "schema", "tool", "as_of", "packs", "files", "refused", "rows", "rows_with_errors", "schemes",
        "violated", "open", "missing", "next_changes", "errors", "duplicate_ids",
        "ignored_columns", "portfolio", "output", "not_covered", "gate", "exit_code",
    ]  # fmt: skip
    assert (summary["rows"], summary["rows_with_errors"]) == (21, 1)
    for scheme in summary["schemes"]:
        verdicts = Counter(row[scheme["id"]] for row in rows)
        for verdict in ("applies", "does_not_apply", "undetermined"):
            assert scheme[verdict] == verdicts[verdict]
    for status in ("violated", "open"):
        each = Counter(duty for row in rows for duty in row[status].split(";") if duty)
        assert summary[status] == each
    days = Counter(row["next_change"] for row in rows if row["next_change"])
    assert {one["date"]: one["rows"] for one in summary["next_changes"]} == days
    assert [one["date"] for one in summary["next_changes"]] == sorted(days)
    missing = {fact for row in rows for fact in row["missing"].split(";") if fact}
    assert {one["fact"] for one in summary["missing"]} == missing


def test_missing_facts_are_ranked_by_the_verdicts_they_help_to_settle(batch: Batch) -> None:
    kinds = [*["traction_battery_pack"] * 2, *["room_air_conditioner"] * 2, "furniture"]
    write("list.csv", [{"id": f"{i}", "product_type": kind} for i, kind in enumerate(kinds)])
    summary = batch("list.csv", "--format", "json").summary
    found = [(one["fact"], one["verdicts"], one["alone"]) for one in summary["missing"]]
    assert found == [
        ("cooling_capacity_w", 4, 4),  # two rows, for the label and the footprint
        ("rated_energy_kwh", 2, 2),
        ("depends_on_electricity", 1, 1),
    ]


def test_duplicate_ids_are_named_once(batch: Batch) -> None:
    rows = [{"id": id_, "product_type": "toy"} for id_ in "abcadabeeffgghhi"]
    write("one.csv", rows)
    write("two.csv", [{"id": "i", "product_type": "toy"}])
    ran = batch("one.csv", "two.csv", "--format", "json")
    assert ran.code == 0
    assert ran.summary["duplicate_ids"] == {"count": 7, "first": ["a", "b", "e", "f", "g"]}
    assert "a, b, e, f, g, ..." in batch("one.csv", "two.csv").out
    assert batch("two.csv", "--format", "json").summary["duplicate_ids"] == {
        "count": 0,
        "first": [],
    }


def test_columns_that_are_no_fact_are_named_once(batch: Batch) -> None:
    row = {"id": "T", "product_type": "toy", "Farbe": "red", "energy_kwh": "1"}
    write("one.csv", [row])
    write("two.csv", [row])
    assert batch("one.csv", "two.csv").out.count("Farbe, energy_kwh") == 1


def test_unknown_types_are_counted_with_the_nearest_known_one(batch: Batch) -> None:
    kinds = ["televison", "toy", "televison", "laptop", "televison"]
    write("list.csv", [{"id": f"{i}", "product_type": kind} for i, kind in enumerate(kinds)])
    errors = batch("list.csv", "--format", "json").summary["errors"]
    assert [(one["rows"], one["row"]) for one in errors] == [(3, 1), (1, 4)]
    assert "Did you mean television" in errors[0]["message"]
    assert "portable_computer" in errors[1]["message"]


def test_errors_are_counted_to_the_last_however_many_different_ones_there_are(
    batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_MOST_ERRORS", 3)
    monkeypatch.setattr(wide, "_ROWS", 4)
    write("list.csv", [{"id": f"{i}", "product_type": f"thing-{i}"} for i in range(10)])
    summary = batch("list.csv", "--format", "json").summary
    assert (summary["rows_with_errors"], len(summary["errors"])) == (10, 3)


def test_cells_that_a_spreadsheet_would_run_are_escaped_counted_and_left_on_demand(
    batch: Batch,
) -> None:
    write("list.csv", [{"id": "+86-1", "name": "=1+1", "product_type": "toy"}])
    ran = batch("list.csv", "-o", "out.csv", "--format", "json")
    assert ran.summary["output"] == {"file": "out.csv", "rows": 1, "escaped": 2}
    assert "'+86-1,'=1+1,toy" in Path("out.csv").read_text(encoding="utf-8")
    assert (
        batch("list.csv", "-o", "out.csv", "--raw", "--format", "json").summary["output"]["escaped"]
        == 0
    )
    assert "\n+86-1,=1+1,toy" in Path("out.csv").read_text(encoding="utf-8")


# ---- where it goes -------------------------------------------------------------------------------


def test_without_an_output_there_is_a_summary_only(batch: Batch, twenty: list[Row]) -> None:
    write("list.csv", twenty)
    ran = batch("list.csv")
    assert "energy_label" in ran.out
    assert "MET" not in ran.out
    assert os.listdir() == ["list.csv"]
    assert not ran.err


def test_answers_on_standard_output_leave_the_summary_to_the_other_one(batch: Batch) -> None:
    ran = batch(LISTS / "mixed.csv", "-o", "-", "--format", "json")
    batch(LISTS / "mixed.csv", "-o", "out.csv")
    assert ran.out == Path("out.csv").read_text(encoding="utf-8")
    assert json.loads(ran.err)["rows"] == 13
    assert json.loads(ran.err)["output"] is None


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("list.csv", "one of the lists to read"),
        ("./in/../list.csv", "one of the lists to read"),
        ("in/old.csv", "would be read as a list"),
        ("in", "folder"),
        ("nowhere/out.csv", "no folder"),
        ("out.xls", ".xls"),
        ("out", "ending"),
    ],
)
@pytest.mark.parametrize("option", ["-o", "--portfolio"])
def test_an_output_that_cannot_be_written_is_refused_before_any_work(
    batch: Batch, output: str, words: str, option: str
) -> None:
    Path("in").mkdir()
    for name in ("list.csv", "in/old.csv"):
        write(name, [{"id": "T", "product_type": "toy"}])
    before = {name: Path(name).read_bytes() for name in ("list.csv", "in/old.csv")}
    ran = batch("list.csv", "in", option, output)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert {name: Path(name).read_bytes() for name in before} == before


def test_answers_and_enterprises_cannot_go_into_one_file(batch: Batch) -> None:
    write("list.csv", [{"id": "T", "product_type": "toy"}])
    assert batch("list.csv", "-o", "out.csv", "--portfolio", "./out.csv").code == 2


def test_a_new_file_in_a_folder_that_is_read_is_refused_the_first_time_too(batch: Batch) -> None:
    Path("in").mkdir()
    write("in/list.csv", [{"id": "T", "product_type": "toy"}])
    assert batch("in", "-o", "in/out.csv").code == 2


# ---- what goes wrong on the way ------------------------------------------------------------------


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Let something happen after the first two rows of a list were judged."""
    judged = command.batches
    monkeypatch.setattr(wide, "_ROWS", 2)

    def prepare(act: Callable[[], object]) -> None:
        def watched(*arguments: Any, **options: Any) -> Iterator[pl.DataFrame]:
            for i, one in enumerate(judged(*arguments, **options)):
                if i == 1:
                    act()
                yield one

        monkeypatch.setattr(command, "batches", watched)

    return prepare


ENDINGS = pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx", "jsonl"])


@ENDINGS
def test_a_run_that_is_interrupted_leaves_the_old_file_and_nothing_else(
    batch: Batch, meanwhile: Any, twenty: list[Row], ending: str
) -> None:
    write("list.csv", twenty)
    Path(f"out.{ending}").write_text("old", encoding="utf-8")

    def interrupt() -> None:
        raise KeyboardInterrupt

    meanwhile(interrupt)
    assert batch("list.csv", "-o", f"out.{ending}").code == 130
    assert Path(f"out.{ending}").read_text(encoding="utf-8") == "old"
    assert sorted(os.listdir()) == ["list.csv", f"out.{ending}"]


@ENDINGS
def test_an_output_folder_that_vanishes_is_told(
    batch: Batch, meanwhile: Any, twenty: list[Row], ending: str
) -> None:
    write("list.csv", twenty)
    Path("there").mkdir()
    meanwhile(lambda: shutil.rmtree("there"))
    ran = batch("list.csv", "-o", f"there/out.{ending}")
    assert ran.code == 2
    assert f"there/out.{ending}" in ran.err
    assert os.listdir() == ["list.csv"]


@pytest.mark.parametrize("id_", ["once", "twice"])
def test_a_list_that_vanishes_while_it_is_read_is_told(
    batch: Batch, meanwhile: Any, id_: str
) -> None:
    rows = [{"id": f"{i}", "product_type": "toy"} for i in range(9)]
    write("list.csv", [*rows, {"id": "0" if id_ == "twice" else "9", "product_type": "toy"}])
    Path("out.csv").write_text("old", encoding="utf-8")
    meanwhile(Path("list.csv").unlink)
    ran = batch("list.csv", "-o", "out.csv")
    assert ran.code == 2
    assert "list.csv" in ran.err
    assert Path("out.csv").read_text(encoding="utf-8") == "old"


def test_a_list_that_changes_while_it_is_read_is_told(batch: Batch, meanwhile: Any) -> None:
    write("list.csv", [{"id": f"{i}", "product_type": "toy"} for i in range(9)])
    Path("out.csv").write_text("old", encoding="utf-8")

    def change() -> None:
        with Path("list.csv").open("a", encoding="utf-8") as file:
            file.write("10,television\n")

    meanwhile(change)
    ran = batch("list.csv", "-o", "out.csv")
    assert ran.code == 2
    assert "changed" in ran.err
    assert Path("out.csv").read_text(encoding="utf-8") == "old"


# ---- as a process --------------------------------------------------------------------------------


@pytest.fixture
def long_list(tmp_path: Path) -> Path:
    """A list that takes a second or two."""
    path = tmp_path / "long.csv"
    kinds = ["television", "toy", "traction_battery_pack", "printer"]
    with path.open("w", encoding="utf-8") as file:
        file.write("id,product_type,rated_energy_kwh,name\n")
        file.writelines(f"P-{i},{kinds[i % 4]},{i % 90 + 1},n {i}\n" for i in range(400_000))
    return path


def _started(folder: Path, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "cncheck", "batch", *DAY, *arguments],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder / "tmp")}, **options,
    )  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="signals are another matter there")
@pytest.mark.parametrize(("sign", "code"), [("SIGINT", 130), ("SIGTERM", 130)])
@pytest.mark.parametrize("ending", ["parquet", "xlsx"])
def test_a_run_that_is_told_to_stop_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, long_list: Path, sign: str, code: int, ending: str
) -> None:
    out = tmp_path / "to" / f"out.{ending}"
    out.parent.mkdir()
    out.write_text("old", encoding="utf-8")
    with _started(tmp_path, long_list.name, "-o", str(out)) as process:
        for _ in range(600):  # until it writes
            if len(os.listdir(out.parent)) > 1 or process.poll() is not None:
                break
            time.sleep(0.05)
        process.send_signal(getattr(signal, sign))
        told, complained = process.communicate(timeout=60)
    assert process.returncode == code
    assert out.read_text(encoding="utf-8") == "old"
    assert b"Traceback" not in complained
    assert not told
    assert os.listdir(out.parent) == [out.name]
    assert os.listdir(tmp_path / "tmp") == []


@pytest.mark.skipif(os.name == "nt", reason="no such limit there")
@pytest.mark.parametrize("output", ["out.csv", "out.parquet", "-"])
def test_a_disk_that_is_full_is_told_and_the_old_file_stays(
    tmp_path: Path, long_list: Path, output: str
) -> None:
    import resource

    if output != "-":
        (tmp_path / output).write_text("old", encoding="utf-8")
    limit = (100_000, 100_000)
    full = partial(resource.setrlimit, resource.RLIMIT_FSIZE, limit)
    with _started(tmp_path, long_list.name, "-o", output, preexec_fn=full) as process:
        told, complained = process.communicate(timeout=60)
    assert (process.returncode, told) == (2, b"")
    assert b"Cannot write" in complained
    assert sorted(os.listdir(tmp_path)) == sorted({long_list.name, "tmp", output} - {"-"})
    if output != "-":
        assert (tmp_path / output).read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path / "tmp") == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no disk that is always full")
def test_a_full_standard_output_is_bad_output_and_no_crash(tmp_path: Path) -> None:
    write(tmp_path / "list.csv", [{"id": "T", "product_type": "toy"}])
    for arguments in (("-o", "-"), ("--format", "json")):
        with Path("/dev/full").open("wb") as full:
            done = subprocess.run(
                [sys.executable, "-m", "cncheck", "batch", *DAY, "list.csv", *arguments],
                cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False,
            )  # fmt: skip
        assert done.returncode == 2
        assert b"Cannot write to standard output" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_tripped_gate(tmp_path: Path, long_list: Path) -> None:
    with _started(tmp_path, long_list.name, "-o", "-") as process:
        assert process.stdout
        assert process.stdout.readline().startswith(b"id,name,product_type,battery_lifecycle,")
        process.stdout.close()
        process.wait(timeout=60)
    assert process.returncode == 0


def test_the_command_line_answers_as_a_process_does(tmp_path: Path) -> None:
    shutil.copy(LISTS / "mixed.csv", tmp_path)
    with _started(tmp_path, "mixed.csv", "-o", "-") as process:
        told, complained = process.communicate(timeout=60)
    assert process.returncode == 2
    assert told.decode() == (GOLDEN / "batch_wide.csv").read_bytes().decode()
    assert b"mixed.csv" in complained


def test_a_list_that_cannot_be_used_does_not_hide_the_others(batch: Batch) -> None:
    Path("good.csv").write_text("id,product_type\nA,television\n", encoding="utf-8")
    Path("foreign.csv").write_text("number,kind\nB,television\n", encoding="utf-8")
    ran = batch("good.csv", "foreign.csv", "missing.csv", "-o", "out.csv", "--format", "json")
    assert ran.code == 2
    assert "foreign.csv" in ran.err
    assert "missing.csv" in ran.err
    assert [row["id"] for row in read("out.csv")] == ["A"]
    summary = json.loads(ran.out)
    assert summary["files"] == ["good.csv"]
    assert {one["file"] for one in summary["refused"]} == {"foreign.csv", "missing.csv"}
    assert "left out: " in batch("good.csv", "foreign.csv").out


def test_a_misspelt_column_of_evidence_is_told_with_what_may_be_meant(batch: Batch) -> None:
    head = "id,product_type,evidence.energy_label.filing_nummer"
    Path("list.csv").write_text(f"{head}\nA,television,x\n", encoding="utf-8")
    assert "Did you mean evidence.energy_label.filing_number" in batch("list.csv").out


def test_a_summary_tells_that_exceptions_are_presumed_not_to_hold(batch: Batch) -> None:
    Path("list.csv").write_text("id,product_type\nA,portable_computer\n", encoding="utf-8")
    assert "presumed not to hold" in batch("list.csv").out
    assert "presumed not to hold" not in batch("list.csv", "--no-presume").out


# ---- real lists ----------------------------------------------------------------------------------

real = pytest.mark.skipif(not REAL.is_dir(), reason="CNCHECK_REAL_DATA names no folder")


@pytest.fixture
def shop(batch: Batch) -> list[tuple[Row, Row]]:
    """A retailer's goods, and the answers to them."""
    ran = batch(
        REAL / "contoso-products" / "products.csv", "--map", LISTS / "contoso.yaml", "-o", "-"
    )
    assert ran.code == 2  # the water heaters
    goods = read(REAL / "contoso-products/products.csv")
    assert [row["ProductCode"] for row in goods] == [row["id"] for row in ran.rows]
    return list(zip(goods, ran.rows, strict=True))


GOODS = {  # words in the name, and where they stand: code of the label, code of the footprint
    r"\bDVD (Movies|\d* ?DVD Storage|5)": ("", ""),
    r"DVD (Player|Recorder|\d+-Inch)": ("", ""),
    r"Hand Games|MGS (Halo|Zoo)": ("", ""),
    r"PCI Slot Fan": ("", ""),
    r"(Box|Tower|Oscillating|Desk Soft|Pedestal) Fan": ("CEL 017", ""),
    r"Screen \d+in": ("", ""),
    r"Projector": ("CEL 035", ""),
    r"CRT TV": ("", ""),
    r"LCD (HDTV|TV)": ("CEL 022", ""),
    r" LCD(15|19|2\d)": ("CEL 014", ""),
    r"Laptop(8|10|12|15|16|17|19)": ("CEL 027", "CNCA-CFP-12:2025"),
    r"Desktop PC": ("CEL 027", "CNCA-CFP-11:2025"),
    r"Refrigerator": ("CEL 001", ""),
    r"Washer": ("CEL 003", ""),
    r"Microwave": ("CEL 023", ""),
    r"Moviemaker|Videographer|Trendsetter|(?i:filmmaker)": ("", ""),
    r"Laser|Ink ?[Jj]et|Photo|Fax": ("CEL 015", ""),
    r"Scanner": ("", ""),
    r"Phone(?!.*Accessor)": ("", ""),
    r"(Desk|Floor|Wall) Lamp|Chandelier": ("", ""),
    r"Coffee|Home Theater|Headphones|MP\d": ("", ""),
    r"Power Adapter|Mouse|Keyboard|Cable|Case": ("", ""),
    r"Smart Battery|notebook battery|Li-Ion Battery": ("", "CNCA-CFP-01:2025"),
}


@real
def test_goods_match_the_label_and_the_footprint_they_are_named_for(
    shop: list[tuple[Row, Row]],
) -> None:
    seen: Counter[str] = Counter()
    for one, answer in shop:
        word = next((word for word in GOODS if re.search(word, one["ProductName"])), "")
        if "Video" in one["ProductName"] and "Moviemaker" not in word:
            continue  # players, pens and cars
        if word:
            seen[word] += 1
            found = (answer["energy_label.matched"], answer["pcf_pilot.matched"])
            assert found == GOODS[word], one["ProductName"]
    assert set(seen) == set(GOODS)
    assert seen.total() > 300


@real
def test_dvds_and_toys_never_match_anything(shop: list[tuple[Row, Row]]) -> None:
    some = 0
    for one, answer in shop:
        if one["Category"] in ("Games and Toys", "Music, Movies and Audio Books"):
            some += 1
            for scheme in ("energy_label", "pcf_pilot", "traction_battery"):
                assert (answer[scheme], answer[f"{scheme}.matched"]) == ("does_not_apply", "")
    assert some == 47


@real
def test_every_good_that_needs_electricity_is_under_china_rohs_or_asked_about(
    shop: list[tuple[Row, Row]],
) -> None:
    clear = {one["ProductName"] for one, answer in shop if answer["rohs"] == "does_not_apply"}
    assert all(re.search(r"^MGS (?!Hand)|Storage Binder|DVD Movies", name) for name in clear)
    asked = {one["SubCategory"].strip() for one, answer in shop if answer["rohs"] == "undetermined"}
    assert asked == {
        "Boxed Games", "Cell phones Accessories", "Cameras & Camcorders Accessories",
        "Projectors & Screens", "Computers Accessories",
    }  # fmt: skip


@real
def test_what_no_column_classifies_is_an_error_and_no_guess(shop: list[tuple[Row, Row]]) -> None:
    wrong = [(one["SubCategory"], answer) for one, answer in shop if answer["error"]]
    assert {kind for kind, _ in wrong} == {"Water Heaters"}
    assert len(wrong) == 6


@real
def test_colour_variants_of_one_model_get_one_answer(shop: list[tuple[Row, Row]]) -> None:
    models: dict[str, list[Row]] = {}
    for one, answer in shop:
        name = one["ProductName"].removesuffix(one["Color"]).strip()
        models.setdefault(name, []).append({name: answer[name] for name in ANSWERS})
    several = [found for found in models.values() if len(found) > 1]
    assert len(several) > 50
    for found in several:
        assert found == [found[0]] * len(found)


@real
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_order_and_encoding_of_a_real_list_change_no_answer(
    batch: Batch, shop: list[tuple[Row, Row]], encoding: str
) -> None:
    goods = [dict(sorted(one.items())) for one, _ in reversed(shop)]
    Path("goods.csv").write_bytes(text(goods, ";").encode(encoding))
    found = batch("goods.csv", "--map", LISTS / "contoso.yaml", "-o", "-").rows
    assert found[::-1] == [answer for _, answer in shop]


@real
def test_the_pack_of_a_car_is_judged_by_its_gross_energy_and_asked_for_it(batch: Batch) -> None:
    source = REAL / "open-ev-data" / "vehicles.csv"
    ran = batch(source, "--map", LISTS / "open_ev_data.yaml", "-o", "-")
    assert ran.code == 0
    cars = read(REAL / "open-ev-data/vehicles.csv")
    assert [row["id"] for row in ran.rows] == [car["path"] for car in cars]
    seen: Counter[str] = Counter()
    for car, answer in zip(cars, ran.rows, strict=True):
        seen[answer["traction_battery"]] += 1
        if car["pack_kwh_gross"]:
            above = float(car["pack_kwh_gross"]) > 2
            assert answer["traction_battery"] == ("applies" if above else "does_not_apply")
            assert answer["missing"] == ""
        else:
            assert answer["traction_battery"] == "undetermined"
            assert answer["missing"] == "rated_energy_kwh"
        assert answer["energy_label"] == "does_not_apply"
        assert answer["pcf_pilot.matched"] == "CNCA-CFP-03:2025"
        assert (answer["rohs"], answer["next_change"]) == ("undetermined", "2027-01-01")
    assert seen == {"applies": 164, "undetermined": 35}


@real
def test_each_maker_of_cars_is_told_about_its_models(batch: Batch) -> None:
    source = REAL / "open-ev-data" / "vehicles.csv"
    batch(source, "--map", LISTS / "open_ev_data.yaml", "--portfolio", "p.csv", "--whole-portfolio")
    told = {row["enterprise"]: row for row in read("p.csv")}
    cars = read(REAL / "open-ev-data/vehicles.csv")
    assert list(told) == list(dict.fromkeys(car["make"] for car in cars))
    assert {row["status"] for row in told.values()} == {"undetermined"}
    for make, row in told.items():
        assert int(row["products"]) == sum(car["make"] == make for car in cars)
        own = [car for car in cars if car["make"] == make]
        assert ("the law is silent" in row["reasons"]) == (len({o["model"] for o in own}) < 5)
        sure = {o["battery_chemistry"] for o in own if o["pack_kwh_gross"]}
        kinds = ", ".join(kind for cell, kind in (("lfp", "LFP"), ("nmc", "NCM")) if cell in sure)
        assert row["reasons"].startswith(
            f"0 of 5 declared; no {kinds} among them." if kinds else "0 of 5 declared. "
        )


@real
@pytest.mark.parametrize(
    ("name", "map_"),
    [("contoso-products/products.csv", "contoso"), ("open-ev-data/vehicles.csv", "open_ev_data")],
)
def test_a_proposed_map_of_a_real_list_says_nothing_that_its_hand_made_one_denies(
    batch: Batch, run: Batch, name: str, map_: str
) -> None:
    Path("map.yaml").write_text(run("map", REAL / name).out, encoding="utf-8")
    by_hand = batch(REAL / name, "--map", LISTS / f"{map_}.yaml", "-o", "-").rows
    proposed = batch(REAL / name, "--map", "map.yaml", "-o", "-").rows
    if map_ == "open_ev_data":  # rows of cars, which are to be checked by their packs
        readable = [row for row in proposed if not row["error"]]
        assert {row["traction_battery"] for row in readable} == {"undetermined"}
        assert all("`chemistry`" in row["error"] for row in proposed if row not in readable)
        return
    for one, other in zip(by_hand, proposed, strict=True):
        if not one["error"] and not other["error"]:
            for scheme in ("energy_label.matched", "pcf_pilot.matched"):
                assert other[scheme] in ("", one[scheme]), other["name"]
            assert (one["rohs"], other["rohs"]) != ("applies", "does_not_apply"), other["name"]
