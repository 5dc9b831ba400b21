"""Lists of every kind are opened as they are, or refused with what to do; no row is lost silently."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cncheck.load import lists
from cncheck.load.lists import TextList, open_lists
from cncheck.load.lists.careful import Header
from cncheck.load.lists.source import BLOCK
from cncheck.load.lists.survey import _evenness, _match, surveyed
from cncheck.model import AT_LEAST, ROW_ERROR, Rules
from cncheck.problems import InputError

REAL = Path(os.environ.get("CNCHECK_REAL_DATA", "not-set"))
ODD_BUT_REGULAR = 'id,name,note\r\n1,"Fan, ""big""",\r\n2,"two\r\nlines",x\r\n3,"",  \r\n\r\n4,a|b;c,"1,5"\r\n"5"\r\n'
Row = dict[str, Any]


@pytest.fixture
def opened(tmp_path: Path, rules: Rules) -> Callable[..., tuple[TextList, list[Row]]]:
    """Write a file, open it, and return the list and its rows."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    def run(
        content: bytes | str | None, name: str = "list.csv", *, careful: bool = False
    ) -> tuple[TextList, list[Row]]:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        (found,) = open_lists([str(path)], rules, str(scratch), lambda _: b"", careful=careful)
        return found, found.frame.collect().to_dicts()

    return run


@pytest.fixture
def refused(opened: Callable[..., Any]) -> Callable[..., str]:
    """Write a file, and return why it cannot be opened: line and message."""

    def run(*args: Any, **options: Any) -> str:
        with pytest.raises(InputError) as caught:
            opened(*args, **options)
        (problem, *_) = caught.value.problems
        assert problem.file
        return f"{problem.line}: {problem.message}"

    return run


def _book(path: Path, *sheets: list[list[Any]], **options: Any) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm", **options}) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if isinstance(cell, tuple):
                        sheet.write_formula(i, j, cell[0], None, cell[1])
                    elif isinstance(cell, str):
                        sheet.write_string(i, j, cell)
                    elif cell is not None:
                        sheet.write(i, j, cell)
    return path


# ---- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encoding_separator_and_line_ends_change_nothing(
    opened: Any, careful: bool, encoding: str, separator: str, end: str
) -> None:
    rows = [["id", "名称", "额定能量"], ["A-1", "动力电池", "82"], ["A-2", "锂电", ""], []]
    content = end.join(separator.join(row) for row in rows).encode(encoding)
    found, values = opened(content, careful=careful)
    assert found.columns == ("id", "名称", "额定能量")
    assert [tuple(row[name] for name in found.columns) for row in values] == [
        ("A-1", "动力电池", "82"),
        ("A-2", "锂电", None),
    ]
    assert found.size == len(content)
    assert found.careful is careful
    assert found.rows == (2 if careful else None)


@pytest.mark.parametrize("content", [ODD_BUT_REGULAR, ODD_BUT_REGULAR.replace("\r\n", "\n")])
def test_odd_but_regular_text_is_read_in_full(opened: Any, content: str) -> None:
    found, values = opened(content, careful=True)
    end = "\r\n" if "\r" in content else "\n"
    assert [tuple(row.values()) for row in values] == [
        ("1", 'Fan, "big"', None, None),
        ("2", f"two{end}lines", "x", None),
        ("3", None, "  ", None),
        ("4", "a|b;c", "1,5", None),
        ("5", None, None, None),
    ]
    assert opened(content)[1] == values
    assert found.frame.collect_schema()[ROW_ERROR] == pl.String


REGULAR_CELL = st.text(alphabet='ab é铅",;\n', max_size=6)


@given(st.lists(st.tuples(REGULAR_CELL, REGULAR_CELL, REGULAR_CELL), max_size=8), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_both_readers_give_the_same_frame_for_regular_files(
    tmp_path: Path, rules: Rules, rows: list[tuple[str, str, str]], quoted: bool
) -> None:
    def cell(text: str) -> str:
        needs = quoted or any(sign in text for sign in '",;\n')
        return '"' + text.replace('"', '""') + '"' if needs else text

    path = tmp_path / "list.csv"
    lines = ["id,name,note", *(",".join(map(cell, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    fast, careful = (
        open_lists([str(path)], rules, str(tmp_path), lambda _: b"", careful=flag)[
            0
        ].frame.collect()
        for flag in (False, True)
    )
    assert careful[ROW_ERROR].to_list() == [None] * careful.height
    expected = [tuple(text or None for text in row) for row in rows if "".join(row).strip()]
    assert careful.drop(ROW_ERROR).rows() == expected
    assert fast.drop(ROW_ERROR, strict=False).rows() == expected


def test_a_regular_file_is_read_by_polars_and_a_cell_with_a_line_break_by_the_careful_reader(
    opened: Any,
) -> None:
    assert not opened('id,name\n1,"a, ""b"""\n')[0].careful
    assert opened('id,name\n1,"a\nb"\n')[0].careful


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("1,a,b,c,d\n2,x,y,z\n", {"1": "line 2 has 5 cells, the header has 4"}),
        ('1,"5" tube",b,c\n2,x,y,z\n', {"1": "line 2 has text after a closing quote"}),
        ('1,"open,b,c\n2,x,y,z\n', {"1": 'line 2 opens a quote (") that is not closed'}),
        ('1,"open,b,c\n2,x,y,z\n3,x",y,z\n', {"1": 'line 2 opens a quote (") that is not closed'}),
        ('0,"a\nb",y,z\n1,"open,b,c\n2,"x",y,z\n', {"1": "line 4 has text after a closing quote"}),
        ('1,"' + "\n" * 140_000 + "2,x,y,z\n", {"1": 'line 2 opens a quote (") that'}),
        ("1," + "a" * 140_000 + ",b,c\n2,x,y,z\n", {"1": "line 2 has a cell of more than"}),
        ("1,a\rb,y,z\n2,x,y,z\n", {"1": "line 2 holds a carriage return"}),
    ],
)
def test_a_bad_row_keeps_its_place_and_hides_no_other(
    opened: Any, body: str, told: dict[str, str]
) -> None:
    _, values = opened("id,name,note,more\n" + body, careful=True)
    errors = [row[ROW_ERROR] for row in values]
    bad = [error for error in errors if error]
    assert len(bad) == 1
    assert bad[0].startswith(told["1"])
    assert all(row["id"] is None for row in values if row[ROW_ERROR])
    assert {"id": "2", "name": "x", "note": "y", "more": "z", ROW_ERROR: None} in values


def test_text_that_runs_on_behind_a_quote_does_not_swallow_rows(opened: Any) -> None:
    found, values = opened('id,a,b\n1,5,"3\n2,5,3\n3,"6",4\n4,9,9\n')
    assert found.careful
    assert [row["id"] for row in values] == [None, "2", "3", "4"]


@pytest.mark.parametrize("rows", ["1,2,3\n1,2\n", "1,2\n1,2,3\n", "1,2\n" * 5000 + "1,2,3\n"])
def test_a_row_with_too_many_cells_is_seen_whichever_columns_are_asked_for(
    opened: Any, rows: str
) -> None:
    found, _ = opened(f"id,name\n{rows}")
    assert found.careful
    errors = found.frame.select("id", ROW_ERROR).collect()
    assert errors.height == rows.count("\n")
    (told,) = errors[ROW_ERROR].drop_nulls()
    assert "has 3 cells, the header has 2" in told


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize(
    ("line", "even"),
    [
        ("1,2,3", 3), ("1", 1), (",", 2), (",,", 3), ("漢字,é", 2), ("1,2\r", 2), ("1,\r2", 0), ("1\r\r", 0),
        ('1,"2"', 0), ('"1,2",3', 0), ("", 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", [0, 2])
def test_lines_that_are_even_are_seen_to_be_so_without_a_match(
    tmp_path: Path, width: int, line: str, even: int, before: int
) -> None:
    usual = ",".join(["ab"] * width)
    path = tmp_path / "list.csv"
    header = Header(("a",) * width, ",", 1)
    for after in (0, 1):
        lines = ["head", *[usual] * before, line, *[usual] * after, ""]
        path.write_text("\n".join(lines), encoding="utf-8", newline="")
        assert (_evenness(str(path), header) is not None) is (even == width)
        assert even != width or _match(str(path), header)


@pytest.mark.parametrize(("last", "even"), [("1,2", True), ("1", False), ("1,2,3", False)])
def test_an_uneven_line_is_seen_far_down(tmp_path: Path, last: str, even: bool) -> None:
    path = tmp_path / "list.csv"
    path.write_text("a,b\n" + "one,two\n" * (3 * BLOCK // 8) + last, encoding="utf-8")
    assert (_evenness(str(path), Header(("a", "b"), ",", 1)) is not None) is even


@pytest.mark.parametrize(
    ("line", "blank"),
    [("1,2", False), (",", True), (" ,\t", True), ("\u3000,\xa0", True), ("1,", False)],
)
@pytest.mark.parametrize("quoted", [False, True])
def test_a_line_without_content_is_seen_and_no_row(
    tmp_path: Path, opened: Any, line: str, blank: bool, quoted: bool
) -> None:
    usual = '"one",two' if quoted else "one,two"
    text = f"a,b\n{usual}\n{line}\n{usual}"
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    assert surveyed(str(path), Header(("a", "b"), ",", 1)).blank_rows is blank
    _, values = opened(text)
    assert len(values) == (2 if blank else 3)


def test_a_list_may_have_many_columns(opened: Any) -> None:
    width = 3000
    text = "\n".join(",".join(f"{row}-{i}" for i in range(width)) for row in "nab")
    found, values = opened(text)
    assert len(found.columns) == width
    assert [row["n-2999"] for row in values] == ["a-2999", "b-2999"]


def test_blank_cells_beyond_the_header_do_no_harm(opened: Any) -> None:
    _, values = opened("id,name\n1,a,,\n2\n", careful=True)
    assert [tuple(row.values()) for row in values] == [("1", "a", None), ("2", None, None)]


@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize(
    "blank", ["", " ", "   ", ",", " , ", '"",""', '"  ",', "\u3000", "\xa0,", "\t"]
)
def test_rows_without_content_are_no_rows(opened: Any, blank: str, careful: bool) -> None:
    gap = f"\n{blank}\n"
    _, values = opened(f"\n \nid,name{gap}1,a{gap}2,\n\n", careful=careful)
    assert [(row["id"], row["name"]) for row in values] == [("1", "a"), ("2", None)]


@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize("body", ["", "\n", "\n\n"])
def test_a_header_alone_is_a_list_without_rows(opened: Any, body: str, careful: bool) -> None:
    found, values = opened(f"id,name{body}", careful=careful)
    assert (found.columns, values) == (("id", "name"), [])


def test_names_are_stripped_and_columns_without_a_name_ignored(opened: Any) -> None:
    for careful in (False, True):
        found, values = opened(
            '\ufeff id ,, "Energy\n (Wh)"\n1,x,2\n'.replace(', "', ',"'), careful=careful
        )
        assert found.columns == ("id", "Energy (Wh)")
        assert (values[0]["id"], values[0]["Energy (Wh)"]) == ("1", "2")


def test_a_name_is_never_a_pattern(opened: Any) -> None:
    found, values = opened("^.*$,id\na,b\n")
    assert (found.columns, values) == (("^.*$", "id"), [{"^.*$": "a", "id": "b"}])
    assert opened('{"^.*$": 1, "id": 2}\n', "l.jsonl")[1][0]["^.*$"] == "1"


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ('"Name, long";Price\n"a, b";1,5\n', ("Name, long", "Price")),
        ("Größe (B, H, T);Preis;id\n1,2;3;4\n", ("Größe (B, H, T)", "Preis", "id")),
        ("sep=;\na,b;c\n1;2\n", ("a,b", "c")),
        ("id\n1\n", ("id",)),
    ],
)
def test_the_separator_is_seen_in_the_header_outside_quotes(
    opened: Any, text: str, columns: tuple[str, ...]
) -> None:
    assert opened(text)[0].columns == columns


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "The file is empty: no header"),
        (b" \n\n", "The file is empty: no header"),
        (b"\xef\xbb\xbf", "The file is empty: no header"),
        (b",,\n1,2,3\n", "1: The header names no column"),
        (b"id,a, id ,b,b\n", '1: "id" names the columns 1, 3'),
        (b"id,cncheck.error\n", '"cncheck.error" is a name of cncheck'),
        (b"id,materials.Pb|at_least\n", "is a name of cncheck"),
        (b'id,"name\n1,2\n', "1: The header opens a quote"),
        (b"id,a\n1,2\n3,\x004\n", "3: The text holds a NUL byte"),
        (b"i\0d\0,\0", "NUL byte"),
        (b"x" * (2 << 20), "1: The header line has more than 1 MiB"),
        (b"id\n" + b"x" * (17 << 20), "2: A line has more than 16 MiB"),
        (
            "id,name\n1,动\n".encode("gb18030") + b"2,\xff\n",
            "3: Byte 15 of the file is not UTF-8 or GB",
        ),
        (
            "id,name\n1,动力电池储能系统\n".encode() + b"2,\xb5\xe7\n",
            "3: Byte 37 of the file is not UTF-8",
        ),
        ("id,name\n1,Kühlschränke für Höfe\n".encode("latin-1"), "does not look like GB 18030"),
        ("id,name\n1,€\n".encode("utf-16") + b"x", "is not UTF-16"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "password-protected or an old .xls"),
        (b"PK\x03\x04" + bytes(600), "rename it to .xlsx"),
        (b"PAR1" + bytes(600), "rename it to .parquet"),
        (b"\x1f\x8b" + bytes(600), "compressed"),
        (b"<html><table>", "web page"),
        (b'{"id": 1}\n', "ends in .jsonl"),
        (b"id: X-1\nproduct_type: tv\n", "`cncheck FILE` checks descriptors"),
    ],
)
def test_text_that_cannot_be_used_is_refused_with_its_place_and_its_mend(
    refused: Callable[..., str], content: bytes, told: str
) -> None:
    assert told in refused(content)


def test_bad_bytes_late_in_a_large_file_are_found_at_opening(
    refused: Callable[..., str], opened: Any
) -> None:
    letters = "动力电池储能系统铅汞"
    text = f"id,name\n1,{letters}\n".encode() + b"2,abc\n" * 700_000
    assert "700003: Byte" in refused(text + b"3,\xb5\xe7\n")
    late = b"id,name\n" + b"2,abc\n" * 700_000 + "3,铅汞\n".encode("gb18030")
    assert opened(late)[1][-1] == {"id": "3", "name": "铅汞"}


def test_a_character_may_lie_across_two_blocks(
    opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists.encoding, "BLOCK", 7)
    for encoding in ("utf-8", "gb18030", "utf-16"):
        _, values = opened("id,name\n1,动力电池储能系统铅汞镉\n".encode(encoding))
        assert values == [{"id": "1", "name": "动力电池储能系统铅汞镉"}]


# ---- workbooks -----------------------------------------------------------------------------------


def test_cells_of_a_sheet_are_text_as_a_person_reads_it(tmp_path: Path, opened: Any) -> None:
    noon = datetime.fromisoformat("2026-01-31 12:30")
    cells = ["X", 14000.0, 0.1 + 0.2, date(2026, 1, 31), noon, True, None]
    names = ["id", "w", "f", "d", "t", "b", "n"]
    _book(tmp_path / "l.xlsx", [], [[], names, cells, [], ["6901234567892", 1.5e-7, 1e21, ""]])
    found, values = opened(None, "l.xlsx")
    assert found.columns == tuple(names)
    assert found.rows == 2
    expected = ["X", "14000", "0.3", "2026-01-31", "2026-01-31T12:30:00", "true", None]
    assert list(values[0].values()) == [*expected, None]
    assert list(values[1].values())[:3] == ["6901234567892", "1.5e-07", "1e+21"]


def test_an_error_and_a_formula_without_a_value_are_errors_of_their_row(
    tmp_path: Path, opened: Any
) -> None:
    formulas = [("=1/0", "#DIV/0!"), ("=A1", ""), ("=1+1", 2)]
    rows = [["id", "a", "b", "c"], ["1", *formulas], ["2", "#N/A", 1, 2], ["3", ("=NA()", "#N/A")]]
    _book(tmp_path / "l.xlsx", rows)
    _, values = opened(None, "l.xlsx")
    assert values[0][ROW_ERROR] == (
        'row 2: column "a" shows the error #DIV/0!;'
        ' column "b" shows a formula that was never computed'
    )
    assert (values[0]["id"], values[0]["c"]) == ("1", "2")
    assert (values[1]["a"], values[1][ROW_ERROR]) == ("#N/A", None)
    assert values[2][ROW_ERROR] == 'row 4: column "a" shows the error #N/A'


def test_a_title_above_the_table_is_refused(tmp_path: Path, refused: Callable[..., str]) -> None:
    _book(tmp_path / "l.xlsx", [["Our products 2026"], ["id", "name"], ["1", "a"]])
    assert "as a title has" in refused(None, "l.xlsx")


def test_a_workbook_that_is_none_is_refused(tmp_path: Path, refused: Callable[..., str]) -> None:
    sound = _book(tmp_path / "sound.xlsx", [["id"], *([str(i)] for i in range(500))]).read_bytes()
    unsound = "no sound workbook"
    assert unsound in refused(b"", "l.xlsx")
    assert unsound in refused(b"hello", "l.xlsx")
    assert unsound in refused(sound[: len(sound) // 2], "l.xlsx")
    assert unsound in refused(b"PK\x03\x04" + bytes(100), "l.xlsx")
    at = sound.index(b"xl/worksheets/sheet1.xml") + 60
    assert unsound in refused(sound[:at] + b"\xff" * 40 + sound[at + 40 :], "l.xlsx")
    assert "password-protected" in refused(b"\xd0\xcf\x11\xe0" + bytes(600), "l.xlsx")
    _book(tmp_path / "l.xlsx", [], [])
    assert "The workbook is empty: no header" in refused(None, "l.xlsx")
    _book(tmp_path / "l.xlsx", [["id", "a", "id"]])
    assert '1: "id" names the columns 1, 3' in refused(None, "l.xlsx")


def test_a_crash_of_the_workbook_reader_is_a_refusal(
    tmp_path: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class PanicException(BaseException):
        pass

    def crash(*_: Any) -> None:
        raise PanicException

    monkeypatch.setattr(lists.sheet, "_sheet", crash)
    _book(tmp_path / "l.xlsx", [["id"]])
    assert "no sound workbook" in refused(None, "l.xlsx")


# ---- parquet -------------------------------------------------------------------------------------


def test_nested_parquet_columns_get_dotted_names(tmp_path: Path, opened: Any) -> None:
    frame = pl.DataFrame(
        {
            "id": ["1", ""],
            " kwh ": [2.5, None],
            "kind": pl.Series(["a", None], dtype=pl.Categorical),
            "evidence": [{"rohs": {"route": "x", "marks": ["a", "b"]}}, None],
            "day": [date(2026, 1, 31), None],
            "^.*$": [1, 2],
        }
    )
    frame.write_parquet(tmp_path / "l.parquet")
    found, values = opened(None, "l.parquet")
    assert found.rows == 2
    assert values == [
        {"id": "1", "kwh": 2.5, "kind": "a", "evidence.rohs.route": "x",
         "evidence.rohs.marks": "a;b", "day": date(2026, 1, 31), "^.*$": 1},
        {"id": None, "kwh": None, "kind": None, "evidence.rohs.route": None,
         "evidence.rohs.marks": None, "day": None, "^.*$": 2},
    ]  # fmt: skip
    assert found.frame.collect_schema()["kind"] == pl.String
    assert ROW_ERROR not in found.frame.collect_schema()


def test_a_parquet_file_that_is_none_is_refused(
    tmp_path: Path, refused: Callable[..., str]
) -> None:
    frame = pl.DataFrame({"id": ["1"] * 1000})
    frame.write_parquet(tmp_path / "l.parquet")
    sound = (tmp_path / "l.parquet").read_bytes()
    for content in (b"", b"hello", sound[: len(sound) // 2], b"PAR1" + bytes(50)):
        assert "no sound .parquet file" in refused(content, "l.parquet")
    assert "encrypted" in refused(b"PARE" + bytes(50), "l.parquet")
    pl.DataFrame({"materials": [[{"Pb": 1}]]}).write_parquet(tmp_path / "l.parquet")
    assert "list of structures" in refused(None, "l.parquet")
    twice = pl.DataFrame({"a": [{"b": 1}], "a.b": [2]})
    twice.write_parquet(tmp_path / "l.parquet")
    assert '"a.b" names the columns 1, 2' in refused(None, "l.parquet")


# ---- JSON lines ----------------------------------------------------------------------------------


def test_descriptors_a_line_become_columns_of_text(opened: Any) -> None:
    rows = [
        {
            "id": "1",
            "rated_energy_kwh": 14000.0,
            "evidence": {"rohs": {"route": "x", "mark": True}},
        },
        {"id": 2, "roles": ["producer", "seller"], "name": None, "x": 1e21, "y": 0.1, "z": ""},
        {"id": "3", "materials": [{"part": "wire", "substances": {"Pb": 20.5}}, {"part": "case"}]},
    ]
    text = "\n\n".join(json.dumps(row) for row in rows)
    found, values = opened(text, "l.jsonl")
    assert found.rows == 3
    assert found.columns[:4] == (
        "id",
        "rated_energy_kwh",
        "evidence.rohs.route",
        "evidence.rohs.mark",
    )
    assert AT_LEAST not in "".join(found.columns)
    stated = [
        {name: value for name, value in row.items() if value not in (None, False)} for row in values
    ]
    assert stated[0] == {
        "id": "1", "rated_energy_kwh": "14000", "evidence.rohs.route": "x", "evidence.rohs.mark": "true",
    }  # fmt: skip
    assert stated[1] == {"id": "2", "roles": "producer;seller", "x": "1e+21", "y": "0.1"}
    assert stated[2]["materials.Pb"] == "20.5"
    assert [row[f"materials.Pb{AT_LEAST}"] for row in values] == [False, False, True]
    assert opened(text, "l.ndjson")[1] == values


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[1]", "line 2: a JSON object was expected"),
        ("{", "line 2, character 2: no JSON"),
        ('{"id": "2", "id": "3"}', 'line 2: the key "id" stands twice'),
        ('{"a": {"b": 1, "b": 2}}', 'line 2: the key "b" stands twice'),
        ('{"a.b": 1, "a": {"b": 2}}', '"a.b" is stated twice'),
        (
            '{"materials.Pb": 1, "materials": [{"substances": {"Pb": 1}}]}',
            '"materials.Pb" is stated twice',
        ),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": 1e999}', "inf is no plain value"),
        ('{"a": ' + "9" * 5000 + "}", "a number is too long"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested too deep"),
        ('{"a": ["x", {"b": 1}]}', "no plain value"),
        ('{"a": ["x;y"]}', "something else than plain words"),
        ('{"a": [null]}', "something else than plain words"),
        ('{"a": "\\ud83d"}', "half a character"),
        ('{"": 1}', 'a key cannot be ""'),
        ('{"cncheck.error": 1}', "a key cannot be"),
        (
            '{"materials": [{"substances": {"Pb": "much"}}]}',
            "materials.0.substances.Pb: Pb is a mass",
        ),
        ('{"materials": {}}', "materials: `materials` is a list"),
    ],
)
def test_a_bad_line_of_json_keeps_its_place(opened: Any, line: str, told: str) -> None:
    _, values = opened(f'{{"id": "1"}}\n{line}\n{{"id": "3"}}\n', "l.jsonl")
    assert [row["id"] for row in values] == ["1", None, "3"]
    assert told in values[1][ROW_ERROR]
    assert values[0][ROW_ERROR] is values[2][ROW_ERROR] is None


def test_columns_are_those_of_all_chunks(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists.chunks, "ROWS", 2)
    text = "".join(f'{{"id": {i}, "k{i % 4}": 1}}\n' for i in range(7))
    found, values = opened(text, "l.jsonl")
    assert found.columns == ("id", "k0", "k1", "k2", "k3")
    assert [row["id"] for row in values] == [str(i) for i in range(7)]
    _, values = opened("id,name\n" + "".join(f"{i},a\n" for i in range(7)), careful=True)
    assert [row["id"] for row in values] == [str(i) for i in range(7)]


def test_json_lines_without_an_object_are_refused(refused: Callable[..., str]) -> None:
    assert "No line of the file is a JSON object" in refused("[1]\n", "l.jsonl")
    assert "empty" in refused("", "l.jsonl")
    assert "more than 16 MiB" in refused("{" + " " * (17 << 20) + "}", "l.jsonl")


# ---- finding files -------------------------------------------------------------------------------


def _names(paths: list[Path], rules: Rules, scratch: Path) -> list[str]:
    found = open_lists(map(str, paths), rules, str(scratch), lambda _: b"")
    return [Path(one.file).name for one in found]


def test_folders_give_all_lists_inside_in_order_and_each_file_once(
    tmp_path: Path, rules: Rules
) -> None:
    names = ["b.csv", "a.TSV", "sub/c.jsonl", ".hidden/d.csv", "node_modules/e.csv", ".f.csv"]
    for name in (*names, "~$g.xlsx", "notes.txt", "x.csv/h.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text('{"id": 1}\n' if name.endswith("l") else "id\n1\n")
    os.mkfifo(tmp_path / "pipe.csv")
    expected = ["a.TSV", "b.csv", "c.jsonl", "h.csv"]
    assert _names([tmp_path], rules, tmp_path) == expected
    assert _names([tmp_path, tmp_path / "b.csv"], rules, tmp_path) == expected
    assert _names([tmp_path / "b.csv", tmp_path], rules, tmp_path)[0] == "b.csv"


def test_all_bad_files_are_told_at_once(tmp_path: Path, rules: Rules) -> None:
    (tmp_path / "list.csv").write_text("id\n1\n")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "none").mkdir()
    (tmp_path / "p.yaml").write_text("id: X\n")
    (tmp_path / "old.xls").touch()
    (tmp_path / "l.doc").touch()
    os.mkfifo(tmp_path / "pipe.csv")
    bad = {
        "list.cvs": "No such file or directory. Did you mean list.csv?",
        "no/where.csv": "There is no such folder either",
        "empty.csv": "empty: no header",
        "none": "No list in this folder: looked for .csv, .tsv, .xlsx",
        "p.yaml": "`cncheck FILE` checks descriptors",
        "old.xls": "save it as .xlsx without a password",
        "l.doc": '".doc" is no kind of list that can be read. Lists end in .csv, .tsv',
        "pipe.csv": "a pipe or a device",
    }
    paths = [str(tmp_path / name) for name in (*bad, "list.csv")]
    with pytest.raises(InputError) as caught:
        open_lists([*paths, "/dev/null", ""], rules, str(tmp_path), lambda _: b"")
    told = {os.path.relpath(one.file, tmp_path): one.message for one in caught.value.problems}
    for name, message in bad.items():
        assert message in told[name], name
    assert len(told) == len(bad) + 2


def test_a_file_that_may_not_be_read_is_refused(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(lists, "_checked", deny)
    assert "Cannot read the file: Permission denied." in refused("id\n")


def test_a_name_is_never_a_glob(opened: Any) -> None:
    opened("id\n1\n", "list1.csv")
    assert opened("id\n2\n", "list[1].csv")[1] == [{"id": "2"}]
    assert opened("id\n3\n", "list*.csv")[1] == [{"id": "3"}]


def test_standard_input_is_recognised_by_its_content(tmp_path: Path, rules: Rules) -> None:
    book = _book(tmp_path / "l.xlsx", [["id"], ["1"]]).read_bytes()
    pl.DataFrame({"id": ["1"]}).write_parquet(tmp_path / "l.parquet")
    parquet = (tmp_path / "l.parquet").read_bytes()
    for content in (b"id\n1\n", b"\xef\xbb\xbfid\n1\n", b' {"id": "1"}', book, parquet):
        feed = _feed(content)
        (found,) = open_lists(
            ["-", "-"], rules, str(tmp_path), lambda _, feed=feed: next(feed, b"")
        )
        assert (found.file, found.frame.collect()["id"].to_list()) == ("<stdin>", ["1"])
        assert found.size == len(content)
    for content, told in ((b"", "empty"), (b"id: X\n", "descriptor"), (b"[{}]", "JSON")):
        feed = _feed(content)
        with pytest.raises(InputError, match=told):
            open_lists(["-"], rules, str(tmp_path), lambda _, feed=feed: next(feed, b""))


def _feed(content: bytes) -> Iterator[bytes]:
    return (content[i : i + 5] for i in range(0, len(content), 5))


def test_scratch_that_cannot_be_written_is_told(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_ipc", full)
    assert "temporary files: [Errno 28] No space left" in refused("id\n1\n", careful=True)


# ---- real data -----------------------------------------------------------------------------------


@pytest.mark.skipif(not REAL.is_dir(), reason="CNCHECK_REAL_DATA names no folder")
@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize(
    ("name", "first", "columns", "rows"),
    [
        ("contoso-products/products.csv", "ProductCode", 10, 453),
        ("open-ev-data/vehicles.csv", "path", 10, 199),
        ("harmonized-system/harmonized-system.csv", "section", 5, 6940),
        ("harmonized-system/sections.csv", "section", 2, 21),
        ("china-rohs-table-brother-hak180/table.csv", "部件名称", 7, 14),
    ],
)
def test_real_lists_open_whole(
    tmp_path: Path, rules: Rules, name: str, first: str, columns: int, rows: int, careful: bool
) -> None:
    (found,) = open_lists([str(REAL / name)], rules, str(tmp_path), lambda _: b"", careful=careful)
    frame = found.frame.collect()
    assert (found.columns[0], len(found.columns), frame.height) == (first, columns, rows)
    assert found.careful is careful
    assert not careful or frame[ROW_ERROR].null_count() == rows
