"""Lists are written by their ending, all of them or nothing, and read back as they were."""

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from cncheck import save as door
from cncheck.model import Problem
from cncheck.problems import InputError
from cncheck.save import Saved, check_target, formulas, save, sheet

ENDINGS = (".csv", ".tsv", ".parquet", ".jsonl", ".xlsx")
TEXT_ENDINGS = (".csv", ".tsv", ".jsonl")
ROOT = hasattr(os, "getuid") and os.getuid() == 0
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals, limits, links, modes")

LIST = pl.DataFrame(
    {
        "id": ["A-1", "空调 二", 'say "hi"', "two\nlines", "a,b\tc"],
        "rohs": pl.Series(["applies", None, "undetermined", "applies", None], dtype=pl.Enum(
            ["applies", "undetermined"])),
        "next_change": [date(2027, 1, 1), None, date(2026, 12, 31), None, date(1900, 1, 2)],
        "rated_energy_kwh": [2.5, None, -3.0, 1e22, 0.1],
        "count": [1, -2, None, 4, 2**40],
        "ok": [True, False, None, True, False],
    }
)  # fmt: skip


def save_all(frame: pl.DataFrame, path: Path | str, *, size: int = 2, raw: bool = False) -> Saved:
    return save(frame.iter_slices(size), frame.schema, str(path), raw=raw)


def cells(path: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()


def left_in(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def message_of(error: pytest.ExceptionInfo[InputError]) -> str:
    return " ".join(problem.message for problem in error.value.problems)


# ---- what is written is read back --------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
def test_rows_are_counted_and_nothing_but_the_file_is_left(tmp_path: Path, ending: str) -> None:
    assert save_all(LIST, tmp_path / f"out{ending}") == Saved(5, 0)
    assert left_in(tmp_path) == [f"out{ending}"]


def test_parquet_keeps_rows_order_and_types(tmp_path: Path) -> None:
    save_all(LIST, tmp_path / "o.parquet")
    assert pl.read_parquet(tmp_path / "o.parquet").equals(LIST)
    assert pl.read_parquet_schema(tmp_path / "o.parquet")["next_change"] == pl.Date


@pytest.mark.parametrize(("ending", "separator"), [(".csv", ","), (".tsv", "\t")])
def test_csv_and_tsv_keep_every_cell(tmp_path: Path, ending: str, separator: str) -> None:
    path = tmp_path / f"o{ending}"
    save_all(LIST, path)
    back = pl.read_csv(path, separator=separator, infer_schema=False)
    wanted = LIST.with_columns(pl.col("next_change", "count", "ok", "rohs").cast(pl.String))
    assert back.drop("rated_energy_kwh").equals(wanted.drop("rated_energy_kwh"))
    numbers = back["rated_energy_kwh"].cast(pl.Float64)
    assert numbers.equals(LIST["rated_energy_kwh"])


def test_csv_has_no_byte_order_mark_and_unix_line_ends_and_blank_cells(tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"a": ["x", None, ""], "b": pl.Series(["", "y", None], dtype=pl.Enum(["", "y"]))}
    )
    save_all(frame, tmp_path / "o.csv")
    assert (tmp_path / "o.csv").read_bytes() == b"a,b\nx,\n,y\n,\n"


def test_jsonl_has_one_object_a_row_with_every_column_in_it(tmp_path: Path) -> None:
    save_all(LIST, tmp_path / "o.jsonl")
    text = (tmp_path / "o.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    assert "空调" in text
    assert rows[1] == dict.fromkeys(LIST.columns) | {"id": "空调 二", "count": -2, "ok": False}
    assert rows[2]["next_change"] == "2026-12-31"
    assert [row["id"] for row in rows] == LIST["id"].to_list()


def test_times_are_iso_text(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 21, 8, 30, 5)  # noqa: DTZ001  a list may hold such a time
    frame = pl.DataFrame(
        {
            "naive": [moment],
            "fine": [moment.replace(microsecond=120000)],
            "aware": [moment.replace(tzinfo=UTC)],
            "at": [clock(1, 2, 3)],
            "for": [timedelta(hours=1)],
        }
    )
    wanted = {
        "naive": "2026-11-21T08:30:05",
        "fine": "2026-11-21T08:30:05.120",
        "aware": "2026-11-21T08:30:05+00:00",
        "at": "01:02:03",
        "for": "PT1H",
    }
    for ending in TEXT_ENDINGS:
        save_all(frame, tmp_path / f"o{ending}")
    assert json.loads((tmp_path / "o.jsonl").read_text()) == wanted
    assert (tmp_path / "o.csv").read_text().splitlines()[1] == ",".join(wanted.values())
    save_all(frame, tmp_path / "o.xlsx")
    assert cells(tmp_path / "o.xlsx")[1] == [
        moment, moment.replace(microsecond=120000), wanted["aware"], wanted["at"], wanted["for"],
    ]  # fmt: skip


def test_xlsx_keeps_text_numbers_dates_and_truth(tmp_path: Path) -> None:
    save_all(LIST, tmp_path / "o.xlsx")
    rows = cells(tmp_path / "o.xlsx")
    assert rows[0] == LIST.columns
    for told, row in zip(rows[1:], LIST.iter_rows(), strict=True):
        assert told == ["" if value is None else value for value in row]
        assert type(told[5]) is type(row[5]) or row[5] is None


def test_xlsx_never_makes_text_a_formula_a_link_or_a_number(tmp_path: Path) -> None:
    words = ["=1+1", "@x", "https://example.com", "mailto:a@b.c", "0012", "{=1}", "_x0041_", "-5"]
    assert save_all(pl.DataFrame({"=t": words}), tmp_path / "o.xlsx").escaped == 0
    assert [row[0] for row in cells(tmp_path / "o.xlsx")] == ["=t", *words]
    sheet = zipfile.ZipFile(tmp_path / "o.xlsx").read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet


def test_xlsx_has_a_bold_frozen_header_a_filter_and_wider_columns_for_longer_text(
    tmp_path: Path,
) -> None:
    frame = pl.DataFrame({"a": ["x"], "b": ["空" * 15], "c": ["x" * 500]})
    save_all(frame, tmp_path / "o.xlsx")
    sheet = zipfile.ZipFile(tmp_path / "o.xlsx").read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in sheet
    assert '<autoFilter ref="A1:C2"' in sheet
    assert '<c r="A1" s="1"' in sheet
    widths = [float(part.split('"')[0]) for part in sheet.split(' width="')[1:]]
    assert widths[0] < widths[1] < widths[2] < 62


def test_xlsx_keeps_the_digits_of_long_numbers_and_the_days_before_its_calendar(
    tmp_path: Path,
) -> None:
    frame = pl.DataFrame({"ean": [12345678901234567, 12], "day": [date(1899, 1, 1), None]})
    save_all(frame, tmp_path / "o.xlsx")
    assert cells(tmp_path / "o.xlsx")[1:] == [["12345678901234567", "1899-01-01"], [12.0, ""]]


def test_the_same_list_gives_the_same_bytes(tmp_path: Path) -> None:
    for ending in ENDINGS:
        told = []
        for name in ("one", "two"):
            save_all(LIST, tmp_path / f"{name}{ending}")
            told.append((tmp_path / f"{name}{ending}").read_bytes())
        assert told[0] == told[1], ending


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_batches_still_write_a_header(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"o{ending}"
    assert save(iter(()), LIST.schema, str(path)) == Saved(0, 0)
    header = {
        ".csv": lambda: path.read_text().strip().split(","),
        ".tsv": lambda: path.read_text().strip().split("\t"),
        ".parquet": lambda: pl.read_parquet(path).columns,
        ".xlsx": lambda: cells(path)[0],
        ".jsonl": lambda: LIST.columns if path.read_text() == "" else [],
    }[ending]()
    assert header == LIST.columns


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_batch_among_others_changes_nothing(tmp_path: Path, ending: str) -> None:
    batches = iter([LIST.clear(), LIST[:2], LIST.clear(), LIST[2:], LIST.clear()])
    assert save(batches, LIST.schema, str(tmp_path / f"a{ending}")).rows == 5
    save_all(LIST, tmp_path / f"b{ending}")
    if ending != ".parquet":  # whose row groups may be cut elsewhere
        assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()


def test_the_ending_may_be_in_capitals(tmp_path: Path) -> None:
    save_all(LIST, tmp_path / "OUT.CSV")
    assert (tmp_path / "OUT.CSV").read_text(encoding="utf-8").startswith("id,rohs")


@pytest.mark.parametrize("ending", ENDINGS)
def test_batches_may_themselves_be_computed_by_the_engine(tmp_path: Path, ending: str) -> None:
    LIST.write_csv(tmp_path / "in.csv")

    def computed() -> Iterator[pl.DataFrame]:
        lazy = pl.scan_csv(tmp_path / "in.csv", infer_schema=False)
        for batch in lazy.collect_batches(chunk_size=2):
            yield batch.lazy().select("id").collect(engine="streaming")

    assert save(computed(), {"id": pl.String()}, str(tmp_path / f"o{ending}")).rows == 5


# ---- text that a spreadsheet would run ---------------------------------------------------------


FORMULAS = ["=1+1", "+86-1", "-a", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a",
            "-", "-1-1", "+1+1", "-12\n", "=-5"]  # fmt: skip
HARMLESS = ["a=1", "-12", "+3.5e2", "-0.5", "-.5", "+12.", "-1,5", "1E-3", "", "100 W", " =1", "'=1",
            "Ａ", "空调", ">1", "<1", "?", "!", "#N/A", "(1)", "/", ":", "~", "😀"]  # fmt: skip


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
@pytest.mark.parametrize("word", FORMULAS)
def test_text_that_would_run_is_escaped_and_counted(tmp_path: Path, ending: str, word: str) -> None:
    frame = pl.DataFrame({"id": ["a", "b", "c"], "t": ["x", word, None]})
    path = tmp_path / f"o{ending}"
    assert save_all(frame, path).escaped == 1
    separator = "\t" if ending == ".tsv" else ","
    back = pl.read_csv(path, separator=separator, infer_schema=False)
    assert back["t"].to_list() == ["x", f"'{word}", None]


def test_text_that_is_harmless_stays_as_it_is(tmp_path: Path) -> None:
    frame = pl.DataFrame({"t": HARMLESS, "id": ["x"] * len(HARMLESS)})
    assert save_all(frame, tmp_path / "o.csv").escaped == 0
    back = pl.read_csv(tmp_path / "o.csv", infer_schema=False)["t"]
    assert back.to_list() == [word or None for word in HARMLESS]


def test_harmless_text_beside_a_formula_stays_as_it_is(tmp_path: Path) -> None:
    words = [*HARMLESS, *FORMULAS]
    frame = pl.DataFrame({"t": words, "id": ["x"] * len(words)})
    assert save_all(frame, tmp_path / "o.csv", size=1000).escaped == len(FORMULAS)
    back = pl.read_csv(tmp_path / "o.csv", infer_schema=False)["t"].to_list()
    assert back == [word or None for word in HARMLESS] + [f"'{word}" for word in FORMULAS]


def test_every_text_that_would_run_passes_the_cheap_look() -> None:
    for word in FORMULAS:
        assert pl.DataFrame({"t": [word]}).select(formulas._MAYBE_FORMULA).item(), word


def test_numbers_and_dates_are_not_escaped(tmp_path: Path) -> None:
    frame = pl.DataFrame({"n": [-1.5], "i": [-3], "d": [date(2026, 1, 1)]})
    assert save_all(frame, tmp_path / "o.csv").escaped == 0
    assert (tmp_path / "o.csv").read_text() == "n,i,d\n-1.5,-3,2026-01-01\n"


@pytest.mark.parametrize("dtype", [pl.Categorical(), pl.Enum(["=a", "b"])])
def test_words_kept_as_categories_are_escaped_as_text(tmp_path: Path, dtype: pl.DataType) -> None:
    frame = pl.DataFrame({"c": pl.Series(["=a", "b", "=a"], dtype=dtype), "id": ["1", "2", "3"]})
    assert save_all(frame, tmp_path / "o.csv").escaped == 2
    assert (tmp_path / "o.csv").read_text() == "c,id\n'=a,1\nb,2\n'=a,3\n"


def test_column_names_are_escaped_too_and_stay_distinct(tmp_path: Path) -> None:
    frame = pl.DataFrame({"=a": ["x"], "'=a": ["=y"], "^b.*$": ["=z"], "-1": ["w"]})
    assert save_all(frame, tmp_path / "o.csv").escaped == 3
    assert (tmp_path / "o.csv").read_text() == "''=a,'=a,^b.*$,-1\nx,'=y,'=z,w\n"


def test_raw_leaves_text_and_names_as_they_are(tmp_path: Path) -> None:
    frame = pl.DataFrame({"=a": FORMULAS, "id": ["x"] * len(FORMULAS)})
    assert save_all(frame, tmp_path / "o.csv", raw=True) == Saved(len(FORMULAS), 0)
    assert pl.read_csv(tmp_path / "o.csv", infer_schema=False)["=a"].to_list() == FORMULAS


@pytest.mark.parametrize("ending", [".parquet", ".jsonl", ".xlsx"])
def test_typed_forms_need_no_escape(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"o{ending}"
    assert save_all(pl.DataFrame({"t": FORMULAS}), path).escaped == 0
    back = {
        ".parquet": lambda: list(pl.read_parquet(path)["t"]),
        ".jsonl": lambda: list(pl.read_ndjson(path)["t"]),
        ".xlsx": lambda: [row[0] for row in cells(path)[1:]],
    }[ending]()
    assert back == FORMULAS


# ---- what a form cannot hold -------------------------------------------------------------------


def test_a_list_longer_than_a_sheet_is_refused_before_it_is_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sheet._SHEET_ROWS == 1_048_576
    monkeypatch.setattr(sheet, "_SHEET_ROWS", 6)
    save_all(LIST, tmp_path / "fits.xlsx")  # five rows and a header
    (tmp_path / "o.xlsx").write_bytes(b"old")
    with pytest.raises(InputError, match=r"ends at 6 rows.*\.csv or \.parquet") as error:
        save_all(pl.concat([LIST, LIST[:1]]), tmp_path / "o.xlsx")
    assert error.value.problems[0].file == str(tmp_path / "o.xlsx")
    assert (tmp_path / "o.xlsx").read_bytes() == b"old"
    assert left_in(tmp_path) == ["fits.xlsx", "o.xlsx"]


def test_a_text_longer_than_a_cell_is_refused_by_row_and_column(tmp_path: Path) -> None:
    save_all(pl.DataFrame({"t": ["x" * 32_767]}), tmp_path / "fits.xlsx")
    assert cells(tmp_path / "fits.xlsx")[1] == ["x" * 32_767]
    with pytest.raises(InputError, match=r"Row 4, column `t`.*32,768.*\.csv or \.parquet"):
        save_all(pl.DataFrame({"t": ["a", "b", "x" * 32_768]}), tmp_path / "o.xlsx")
    assert left_in(tmp_path) == ["fits.xlsx"]


def test_more_columns_than_a_sheet_has_are_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame({f"c{i}": ["x"] for i in range(16_385)})
    with pytest.raises(InputError, match="16385 columns"):
        save_all(frame, tmp_path / "o.xlsx")


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".xlsx"])
@pytest.mark.parametrize("value", [b"\0", ["a"], {"a": 1}])
def test_a_column_that_is_no_cell_is_refused_by_name(
    tmp_path: Path, ending: str, value: object
) -> None:
    frame = pl.DataFrame({"photo": pl.Series([value])})
    with pytest.raises(InputError, match=r"`photo`.*Write to \.parquet"):
        save_all(frame, tmp_path / f"o{ending}")
    save_all(frame, tmp_path / "o.parquet")
    assert pl.read_parquet(tmp_path / "o.parquet").equals(frame)


def test_a_number_that_is_none_is_an_error_cell_in_a_sheet(tmp_path: Path) -> None:
    save_all(pl.DataFrame({"n": [float("nan"), float("inf")]}), tmp_path / "o.xlsx")
    assert b"#NUM!" in zipfile.ZipFile(tmp_path / "o.xlsx").read("xl/worksheets/sheet1.xml")


# ---- all or nothing ----------------------------------------------------------------------------


FAILURES = [
    KeyboardInterrupt(), InputError([Problem("Row 3 is torn.")]), MemoryError("no"),
    OSError(28, "No space left on device"), pl.exceptions.ComputeError("(os error 28)"),
    ValueError("v"), SystemExit(3),
]  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_what_the_batches_raise_comes_out_as_itself_and_the_old_file_stays(
    tmp_path: Path, ending: str, failure: BaseException
) -> None:
    def failing() -> Iterator[pl.DataFrame]:
        yield LIST
        raise failure

    path = tmp_path / f"o{ending}"
    path.write_bytes(b"old")
    with pytest.raises(type(failure)) as error:
        save(failing(), LIST.schema, str(path))
    assert error.value is failure or isinstance(failure, (KeyboardInterrupt, SystemExit))
    assert path.read_bytes() == b"old"
    assert left_in(tmp_path) == [path.name]


@pytest.mark.parametrize("ending", ENDINGS)
def test_while_it_is_written_only_a_hidden_file_stands_beside_the_old_one(
    tmp_path: Path, ending: str
) -> None:
    seen: set[str] = set()

    def looking() -> Iterator[pl.DataFrame]:
        yield LIST
        seen.update(os.listdir(tmp_path))
        yield LIST

    save(looking(), LIST.schema, str(tmp_path / f"out{ending}"))
    assert seen
    for name in seen:
        assert name.startswith(f".out{ending}.")
        assert ".part" in name


@posix
def test_the_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        save_all(LIST, tmp_path / "o.csv")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "o.csv").stat().st_mode) == 0o640


@posix
@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path, exists: bool) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "o.csv", tmp_path / "link.csv"
    if exists:
        target.write_text("old")
    link.symlink_to(target)
    check_target(str(link), [])
    save_all(LIST, link)
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8").startswith("id,")
    assert left_in(tmp_path / "there") == ["o.csv"]


@posix
@pytest.mark.parametrize("name", ["a b%20#?*[x].csv", "空调.csv", "x" * 251 + ".csv", "~.csv"])
def test_odd_names_are_taken_as_they_are(tmp_path: Path, name: str) -> None:
    check_target(str(tmp_path / name), [])
    save_all(LIST, tmp_path / name)
    assert left_in(tmp_path) == [name]


def test_a_name_that_is_no_text_is_taken_as_it_is(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.csv")
    try:
        (tmp_path / name).touch()
    except OSError:
        pytest.skip("this file system takes names of text only")
    check_target(str(tmp_path / name), [])
    save_all(LIST, tmp_path / name)
    assert left_in(tmp_path) == [name]


def test_a_file_without_a_folder_is_written_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check_target("o.csv", ["-"])
    save_all(LIST, "o.csv")
    assert left_in(tmp_path) == ["o.csv"]


# ---- the system says no ------------------------------------------------------------------------


def test_a_folder_that_vanishes_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()

    def vanishing() -> Iterator[pl.DataFrame]:
        yield LIST
        for name in os.listdir(folder):
            (folder / name).unlink()
        folder.rmdir()
        yield LIST

    with pytest.raises(InputError, match="folder has vanished") as error:
        save(vanishing(), LIST.schema, str(folder / "o.csv"))
    assert error.value.problems[0].file == str(folder / "o.csv")


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder has vanished"):
        save_all(LIST, tmp_path / "none" / "o.csv")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (pl.exceptions.ComputeError("x: No space left on device"), "disk is full"),
        (pl.exceptions.ComputeError("x: y (os error 28)"), "disk is full"),
        (OSError("No space left on device (os error 28)"), "disk is full"),
        (OSError(122, "Disk quota exceeded"), "quota"),
        (PermissionError(13, "Permission denied"), "not allowed"),
        (OSError(30, "Read-only file system"), "read-only"),
        (OSError(5, "Input/output error"), "Input/output error"),
        (OSError("something odd"), "something odd"),
    ],
)
def test_each_way_to_fail_has_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def failing(*_: object) -> int:
        raise error

    monkeypatch.setitem(door._FORMS, ".csv", door._Form(failing, ()))
    with pytest.raises(InputError, match=words):
        save_all(LIST, tmp_path / "o.csv")
    assert left_in(tmp_path) == []


def test_a_mistake_of_ours_is_no_input_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> int:
        raise pl.exceptions.ComputeError("a bug")

    monkeypatch.setitem(door._FORMS, ".csv", door._Form(failing, ()))
    with pytest.raises(pl.exceptions.ComputeError):
        save_all(LIST, tmp_path / "o.csv")
    assert left_in(tmp_path) == []


SLOW = """
    import os, resource, signal, sys, time
    import polars as pl
    from cncheck.problems import InputError
    from cncheck.save import save

    path, how = sys.argv[1:]
    if how.isdigit():  # a disk that takes so many bytes
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(how), int(how)))
    number = pl.int_range(10_000, eager=True)
    batch = pl.DataFrame({"id": number.hash(1).cast(pl.String), "b": number.hash(2)})
    if how == "computed":
        batch.cast(pl.String).write_csv(path + ".in")

    def batches():
        if how == "computed":
            one = pl.scan_csv(path + ".in", infer_schema=False)
            for found in pl.concat([one] * 500).collect_batches(chunk_size=10_000):
                yield found.lazy().select("id", "b").collect(engine="streaming")
                print("ready", flush=True)
                time.sleep(0.05)
            return
        for _ in range(5 if how.isdigit() else 500):
            yield batch
            if not how.isdigit():
                print("ready", flush=True)
                time.sleep(0.05)

    schema = {"id": pl.String(), "b": pl.String() if how == "computed" else pl.UInt64()}
    try:
        save(batches(), schema, path)
    except InputError as error:
        print(error.problems[0].file, error)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
"""


@contextmanager
def started(path: Path, how: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", "-c", textwrap.dedent(SLOW), path, how],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as run:  # fmt: skip
        try:
            yield run
        finally:
            run.kill()


@posix
@pytest.mark.parametrize("limit", [0, 100, 70_000])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_disk_that_fills_is_told_and_the_old_file_stays(
    tmp_path: Path, ending: str, limit: int
) -> None:
    path = tmp_path / f"o{ending}"
    path.write_bytes(b"old")
    with started(path, str(limit)) as run:
        out, err = run.communicate(timeout=60)
    assert out.startswith(f"{path} Cannot write the list: a file cannot be that large here")
    assert "What stood here before is unchanged." in out
    assert err == ""
    assert path.read_bytes() == b"old"
    assert left_in(tmp_path) == [path.name]


@posix
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("name", "how"),
    [("SIGINT", "given"), ("SIGINT", "computed"), ("SIGTERM", "given"), ("SIGKILL", "computed")],
)
def test_a_run_that_is_stopped_leaves_the_old_file(
    tmp_path: Path, ending: str, name: str, how: str
) -> None:
    path = tmp_path / f"o{ending}"
    path.write_bytes(b"old")
    with started(path, how) as run:
        assert run.stdout is not None
        assert [run.stdout.readline() for _ in range(3)] == ["ready\n"] * 3
        assert any(file.startswith(".o") for file in left_in(tmp_path))
        run.send_signal(signal.Signals[name])
        _, err = run.communicate(timeout=20)  # of the 25 seconds it would have gone on
    assert path.read_bytes() == b"old"
    if name == "SIGINT":
        # Python may fall over threads of Polars when it ends; the command leaves without that.
        assert run.returncode in (130, -signal.SIGABRT, -signal.SIGSEGV), err
        assert err == "" or run.returncode != 130
        assert [file for file in left_in(tmp_path) if file.startswith(".")] == []
    else:
        assert run.returncode == -signal.Signals[name]


# ---- the target is looked at first -------------------------------------------------------------


def refusal(path: Path | str, *sources: Path | str) -> str:
    with pytest.raises(InputError) as error:
        check_target(str(path), [str(source) for source in sources])
    assert all(problem.file for problem in error.value.problems)
    return message_of(error)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_target_that_can_be_written_is_accepted(tmp_path: Path, ending: str) -> None:
    (tmp_path / "in.csv").touch()
    (tmp_path / "lists").mkdir()
    path = tmp_path / f"o{ending}"
    check_target(str(path), ["-", str(tmp_path / "in.csv"), str(tmp_path / "lists")])
    path.touch()
    check_target(str(path), ["-", str(tmp_path / "in.csv"), str(tmp_path / "lists"), "missing"])
    assert left_in(tmp_path) == sorted(["in.csv", "lists", path.name])


@pytest.mark.parametrize("name", ["o.xls", "o.json", "o", ".csv", "o.csv.gz"])
def test_an_unknown_ending_names_the_known_ones(tmp_path: Path, name: str) -> None:
    told = refusal(tmp_path / name)
    assert all(ending in told for ending in ENDINGS)
    with pytest.raises(InputError, match=r"Let it end in \.csv"):
        save_all(LIST, tmp_path / name)
    assert left_in(tmp_path) == []


def test_a_folder_is_no_target(tmp_path: Path) -> None:
    (tmp_path / "o.csv").mkdir()
    assert "folder" in refusal(tmp_path / "o.csv")
    assert "folder" in refusal(tmp_path)


def test_a_missing_folder_is_refused_with_what_else_is_wrong(tmp_path: Path) -> None:
    told = refusal(tmp_path / "none" / "o.xls")
    assert "There is no folder" in told
    assert ".xlsx" in told


def test_a_file_used_as_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "Cannot write here" in refusal(tmp_path / "file" / "o.csv")


@posix
def test_an_input_is_no_target_by_whatever_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").touch()
    (tmp_path / "link.csv").symlink_to("in.csv")
    os.link("in.csv", "hard.csv")
    for path in ("in.csv", "./in.csv", "link.csv", "hard.csv", str(tmp_path / "in.csv")):
        assert "one of the lists to read" in refusal(path, "other.csv", "in.csv")
    assert "one of the lists to read" in refusal("in.csv", "link.csv")


def test_a_list_inside_an_input_folder_is_no_target(tmp_path: Path) -> None:
    (tmp_path / "lists" / "deep").mkdir(parents=True)
    (tmp_path / "lists" / "deep" / "o.csv").touch()
    (tmp_path / "lists-2").mkdir()
    (tmp_path / "lists-2" / "o.csv").touch()
    assert "would be read" in refusal(tmp_path / "lists" / "deep" / "o.csv", tmp_path / "lists")
    check_target(str(tmp_path / "lists-2" / "o.csv"), [str(tmp_path / "lists")])


@posix
def test_a_pipe_is_no_target(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "o.csv")
    assert "pipe" in refusal(tmp_path / "o.csv")


@posix
def test_a_link_that_leads_to_itself_is_no_target(tmp_path: Path) -> None:
    (tmp_path / "o.csv").symlink_to("o.csv")
    assert "leads to itself" in refusal(tmp_path / "o.csv")


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    assert "too long" in refusal(tmp_path / ("x" * 300 + ".csv"))


@pytest.mark.skipif(ROOT, reason="root may write everywhere")
def test_what_is_write_protected_is_refused(tmp_path: Path) -> None:
    (tmp_path / "o.csv").touch(0o444)
    assert "write-protected" in refusal(tmp_path / "o.csv")
    (tmp_path / "shut").mkdir(0o555)
    assert "not allowed" in refusal(tmp_path / "shut" / "o.csv")
    with pytest.raises(InputError, match="not allowed"):
        save_all(LIST, tmp_path / "shut" / "o.csv")


@posix
def test_what_the_system_forbids_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "o.csv").touch()
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != tmp_path / "o.csv")
    assert "write-protected" in refusal(tmp_path / "o.csv")
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != tmp_path)
    assert "not allowed" in refusal(tmp_path / "o.csv")
