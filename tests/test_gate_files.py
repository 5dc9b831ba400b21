"""Settings, waivers and baselines: what a project decides about its gate."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cncheck import baseline as known
from cncheck.commands.check import check
from cncheck.commands.settings import show_config
from cncheck.gate import TRIPS, Trip
from cncheck.load.settings import SETTINGS, read_settings
from cncheck.load.waivers import read_waivers
from cncheck.model import Place
from cncheck.problems import InputError
from cncheck.waivers import Waiver, apply_waivers

FRIDGE = "id: {id}\nproduct_type: household_refrigerator\nevidence: {{energy_label: {{label_location: false}}}}\n"
LABEL = "energy_label/label-on-product"
WAIVER = "- {{product: {product}, obligation: {obligation}, reason: late, approved_by: board, expires: {expires}}}\n"


class Project:
    """A folder with descriptors and files of its own, in which to run a check."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def waive(self, *rows: str) -> None:
        self.write("cncheck-waivers.yaml", "waivers:\n" + "".join(f"  {row}" for row in rows))

    def check(self, *paths: str, **options: Any) -> tuple[int, dict[str, Any]]:
        options = {"as_of": "2026-11-21", "only": ["energy_label"], "format": "json", **options}
        code = check(paths or ("products",), **options)
        out, self.told = self.capsys.readouterr()
        return code, json.loads(out) if options["format"] == "json" and out else {"text": out}


@pytest.fixture
def project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Project:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    one = Project(tmp_path, capsys)
    one.write("products/fridge.yaml", FRIDGE.format(id="FRIDGE-1"))
    return one


def waived(report: dict[str, Any]) -> list[str]:
    return [
        duty["id"]
        for one in report["products"]
        for scheme in one["schemes"]
        for duty in scheme["obligations"]
        if "waived" in duty
    ]


# ---- waivers -------------------------------------------------------------------------------------


def test_a_waiver_lets_a_duty_pass_and_leaves_its_status(project: Project) -> None:
    assert project.check()[0] == 1
    project.waive(WAIVER.format(product="FRIDGE-1", obligation=LABEL, expires="2027-06-30"))
    code, report = project.check()
    assert code == 0
    assert waived(report) == [LABEL]
    (duty,) = (d for d in report["products"][0]["schemes"][0]["obligations"] if d["id"] == LABEL)
    assert duty["status"] == "violated"
    assert duty["waived"] == {"reason": "late", "approved_by": "board", "expires": "2027-06-30"}
    assert report["summary"]["violated"] == 1
    assert report["gate"]["let_pass"] == [
        {"subject": "FRIDGE-1", "id": LABEL, "status": "violated", "by": "waiver"}
    ]


def test_the_text_report_shows_the_waiver_beside_the_duty(project: Project) -> None:
    project.waive(WAIVER.format(product="FRIDGE-1", obligation=LABEL, expires="2027-06-30"))
    _, report = project.check(format="text")
    assert "[waived until 2027-06-30: late (board)]" in report["text"]
    assert "Let pass: 1 waived" in report["text"]


@pytest.mark.parametrize(
    ("as_of", "code", "state"),
    [
        ("2026-11-21", 0, "holds"),
        ("2027-05-30", 0, "holds"),  # 31 days before its last
        ("2027-05-31", 0, "expiring"),
        ("2027-06-30", 0, "expiring"),  # its last day
        ("2027-07-01", 1, "expired"),
    ],
)  # fmt: skip
def test_a_waiver_holds_through_its_last_day(
    project: Project, as_of: str, code: int, state: str
) -> None:
    project.waive(WAIVER.format(product="FRIDGE-1", obligation=LABEL, expires="2027-06-30"))
    found, report = project.check(as_of=as_of)
    assert (found, report["waivers"][0]["state"]) == (code, state)
    assert report["waivers"][0]["covers"] == [{"subject": "FRIDGE-1", "id": LABEL}]


@pytest.mark.parametrize(
    ("product", "obligation", "paths", "state"),
    [
        ("'FRIDGE-*'", "energy_label/*", ["products"], "holds"),
        ("'*'", LABEL, ["products"], "holds"),
        ("FRIDGE-2", LABEL, ["products"], "no_product"),  # renamed, or gone
        ("FRIDGE-2", LABEL, ["products/fridge.yaml"], "not_checked"),  # it may stand in another file
        ("FRIDGE-1", "energy_label/minimum-efficiency", ["products"], "holds"),  # open
        ("FRIDGE-1", "rohs/mark", ["products/fridge.yaml"], "unused"),  # nothing to let pass
        ("FRIDGE-1", "energy_label/labels", ["products"], "unknown"),
        ("FRIDGE-1", "energy_lable/*", ["products"], "unknown"),
    ],
)  # fmt: skip
def test_each_waiver_says_what_it_is_worth(
    project: Project, product: str, obligation: str, paths: list[str], state: str
) -> None:
    project.waive(WAIVER.format(product=product, obligation=obligation, expires="2027-06-30"))
    _, report = project.check(*paths)
    assert report["waivers"][0]["state"] == state


def test_what_needs_attention_about_waivers_is_told_with_its_line(project: Project) -> None:
    project.waive(
        WAIVER.format(product="FRIDGE-1", obligation=LABEL, expires="2026-12-01"),
        WAIVER.format(product="FRIDGE-1", obligation=LABEL, expires="2026-01-01"),
        WAIVER.format(product="GONE", obligation=LABEL, expires="2027-12-01"),
        WAIVER.format(product="GONE", obligation="rohs/nothing", expires="2027-12-01"),
    )
    text = project.check(format="text")[1]["text"]
    told = {
        2: "expires on 2026-12-01",
        3: "EXPIRED on 2026-01-01",
        4: "was it renamed",
        5: "no pack has this",
    }
    for line, words in told.items():
        assert any(
            f"cncheck-waivers.yaml:{line} " in row and words in row for row in text.splitlines()
        )


def _trip(word: str = "undetermined", about: str = "rohs", **more: Any) -> Trip:
    return Trip("P", about, word, "", **more)


SCHEME = Waiver("P", False, "rohs", True, "", "", date(2027, 1, 1), Place("w"))


@pytest.mark.parametrize(
    ("trip", "passes"),
    [
        (_trip(open_law=True), True),
        (_trip(about="rohs/mark", open_law=True), True),
        (_trip(open_law=False), False),  # a fact is missing: state it
        (_trip("violated", "rohs/mark", open_law=True), False),
        (_trip("open", "rohs/mark"), False),
        (_trip(about="energy_label", open_law=True), False),
    ],
)  # fmt: skip
def test_a_waiver_of_a_scheme_covers_only_what_the_law_leaves_open(
    trip: Trip, passes: bool
) -> None:
    found = apply_waivers(
        [SCHEME], [trip], date(2026, 1, 1), ["rohs", "energy_label"], ["P"], whole_folder=True
    )
    assert bool(found.by_key) is passes


def test_a_waiver_for_an_enterprise_covers_its_duties_and_no_product_of_that_name() -> None:
    duty = Trip("ACME", "b/five", "violated", "", of_enterprise=True)
    product = Trip("ACME", "b/five", "violated", "")
    waiver = Waiver("ACME", True, "b/*", False, "", "", date(2027, 1, 1), Place("w"))

    def covered(trip: Trip) -> bool:
        on = date(2026, 1, 1)
        return bool(apply_waivers([waiver], [trip], on, ["b/five"], [], whole_folder=True).by_key)

    assert covered(duty)
    assert not covered(product)


GOOD = {
    "product": "P", "obligation": "rohs/mark", "reason": "r", "approved_by": "a",
    "expires": "2027-01-31",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"expires": None}, "`expires` is missing"),
        ({"reason": None}, "`reason` is missing"),
        ({"approved_by": None}, "`approved_by` is missing"),
        ({"expires": "2027-02-30"}, "is no day"),
        ({"expires": "never"}, "is no day"),
        ({"reason": "  "}, "`reason` is empty"),
        ({"product": None}, "one `product` or one `enterprise`"),
        ({"enterprise": "ACME"}, "one `product` or one `enterprise`"),
        ({"scheme": "rohs"}, "one `obligation` or one `scheme`"),
        ({"expire": "2027-01-31"}, "Did you mean expires"),
        ({"product": ["P"]}, "`product` is one text"),
    ],
)  # fmt: skip
def test_a_waiver_that_lacks_something_is_refused_with_its_place(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    file = tmp_path / "w.yaml"
    row = {key: value for key, value in {**GOOD, **change}.items() if value is not None}
    file.write_text("waivers:\n  - " + json.dumps(row), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_waivers(str(file))
    (problem,) = refused.value.problems
    assert words in problem.message
    assert (problem.file, problem.line) == (str(file), 2)


@pytest.mark.parametrize("text", ["", "[]", "waivers: 3", "waivers:\n", "a: 1\n---\nb: 2"])
def test_a_file_that_is_no_waiver_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="list `waivers`"):
        read_waivers(str(file))


def test_a_broken_waiver_file_fails_the_run(project: Project) -> None:
    project.waive("- {product: P}\n")
    code, _ = project.check()
    assert code == 2
    assert "cncheck-waivers.yaml:2" in project.told


# ---- baseline ------------------------------------------------------------------------------------


def test_a_baseline_lets_pass_what_was_there_and_fails_on_news(project: Project) -> None:
    assert project.check(write_baseline="known.json", fail_on=["open"])[0] == 0
    assert project.check(baseline="known.json", fail_on=["open"])[0] == 0
    project.write("products/new.yaml", FRIDGE.format(id="FRIDGE-2"))
    code, report = project.check(baseline="known.json", fail_on=["open"])
    assert code == 1
    assert all(reason.startswith("FRIDGE-2") for reason in report["gate"]["reasons"])


def test_what_got_worse_is_news(project: Project) -> None:
    project.write("products/fridge.yaml", "id: FRIDGE-1\nproduct_type: household_refrigerator\n")
    project.check(write_baseline="known.json")
    project.write("products/fridge.yaml", FRIDGE.format(id="FRIDGE-1"))
    code, report = project.check(baseline="known.json")
    assert (code, report["gate"]["reasons"]) == (1, [f"FRIDGE-1: {LABEL} is violated"])


def test_a_baseline_is_sorted_and_the_same_for_any_gate(project: Project) -> None:
    texts = set()
    for options in ({}, {"fail_on": ["open"]}, {"strict": True}):
        project.check(write_baseline="known.json", **options)
        texts.add((project.folder / "known.json").read_text(encoding="utf-8"))
    (text,) = texts
    rows = json.loads(text)["findings"]
    assert rows == sorted(rows, key=lambda row: (row["subject"], row["about"]))


def test_what_is_mended_is_counted_until_the_baseline_is_written_again(project: Project) -> None:
    project.check(write_baseline="known.json")
    project.write("products/fridge.yaml", FRIDGE.format(id="FRIDGE-1").replace("false", "product"))
    text = project.check(baseline="known.json", format="text")[1]["text"]
    assert "1 of the baseline no longer occur" in text


@given(st.sampled_from(TRIPS), st.sampled_from(TRIPS))
def test_a_baseline_knows_what_is_as_bad_as_before_or_better(before: str, now: str) -> None:
    base = known.baseline_of([Trip("P", "a/b", before, "")])
    assert base.knows(Trip("P", "a/b", now, "")) is (TRIPS.index(now) <= TRIPS.index(before))
    assert not base.knows(Trip("Q", "a/b", now, ""))
    assert known.from_text(known.to_text(base), "f") == base


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"schema": "cncheck/baseline/2", "findings": []}',
        '{"schema": "cncheck/baseline/1", "findings": [{"subject": "P"}]}',
        '{"schema": "cncheck/baseline/1", "findings": [{"subject": "P", "about": "a", "status": "bad"}]}',
    ],
)
def test_a_file_that_is_no_baseline_is_refused(project: Project, text: str) -> None:
    project.write("known.json", text)
    code, _ = project.check(baseline="known.json")
    assert code == 2
    assert "--write-baseline" in project.told


def test_a_baseline_is_not_written_over_a_descriptor(project: Project) -> None:
    code, _ = project.check(write_baseline="products/fridge.yaml")
    assert code == 2
    assert (project.folder / "products/fridge.yaml").read_text(encoding="utf-8").startswith("id:")


# ---- settings ------------------------------------------------------------------------------------


def test_the_nearest_settings_above_the_input_hold_and_the_command_line_wins(
    project: Project,
) -> None:
    assert project.check(fail_on=None)[0] == 1
    project.write("cncheck.toml", 'fail-on = "never"\n')
    assert project.check()[0] == 0
    assert project.check(fail_on=["violated"])[0] == 1
    assert project.check(strict=True)[0] == 1
    project.write("products/pyproject.toml", '[tool.cncheck]\nfail-on = ["violated"]\n')
    assert project.check()[0] == 1
    assert project.check(config="cncheck.toml")[0] == 0


def test_a_pyproject_of_another_tool_is_passed_over(project: Project) -> None:
    project.write("cncheck.toml", 'fail-on = "never"\n')
    project.write("products/pyproject.toml", "[tool.other]\nx = 1\n")
    assert project.check()[0] == 0


def test_the_search_ends_with_the_repository(project: Project) -> None:
    project.write("cncheck.toml", 'fail-on = "never"\n')
    (project.folder / "products" / ".git").mkdir()
    assert project.check()[0] == 1


def test_files_in_settings_are_relative_to_them(project: Project) -> None:
    row = WAIVER.format(product="FRIDGE-1", obligation=LABEL, expires="2027-06-30")
    project.write("conf/w.yaml", f"waivers:\n{row}")
    project.write("cncheck.toml", 'waivers = "conf/w.yaml"\n')
    code, report = project.check("products/fridge.yaml")
    assert (code, report["waivers"][0]["file"]) == (0, "conf/w.yaml")
    assert project.check("products/fridge.yaml", waivers="")[0] == 1


def test_exit_zero_changes_the_exit_code_of_a_tripped_gate_only(project: Project) -> None:
    code, report = project.check(exit_zero=True)
    assert (code, report["gate"]["tripped"]) == (0, True)
    assert project.check("nowhere.yaml", exit_zero=True)[0] == 2


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("fail_on = 'open'", 1, 'fail_on" is no setting. Did you mean fail-on'),
        ("\nfail-on = ['violatd']", 2, "Did you mean violated"),
        ("strict = 'yes'", 1, "`strict` is true or false"),
        ("lang = 'de'", 1, '`lang` is "en" or "zh"'),
        ("force = ['volunteer']", 1, "Did you mean voluntary"),
        ("only = 3", 1, "`only` is a text or a list of texts"),
        ("waivers = []", 1, "`waivers` is the name of a file"),
        ("strict = ", 1, "not valid TOML"),
        ("x = 1\nx = 2", 2, "not valid TOML"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_refused_with_their_place(
    project: Project, text: str, line: int, words: str
) -> None:
    project.write("cncheck.toml", text)
    assert project.check(only=None)[0] == 2
    assert f"cncheck.toml:{line}" in project.told.splitlines()[0]
    assert words in project.told


def test_config_prints_settings_that_say_the_same_when_read(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("cncheck.toml", 'strict = true\nforce = ["pilot"]\nlang = "zh"\n')
    show_config(["products"])
    text = capsys.readouterr().out
    assert "From cncheck.toml" in text
    stated = (line for line in text.splitlines() if not line.endswith("# default"))
    project.write("again.toml", "\n".join(stated))
    again = read_settings(["products"], "again.toml")
    assert {name: again.get(name) for name in SETTINGS} == {
        **{name: setting.default for name, setting in SETTINGS.items()},
        "strict": True, "force": ("pilot",), "lang": "zh",
    }  # fmt: skip


def test_settings_hold_for_lists_too(project: Project) -> None:
    from cncheck.commands.lists import batch

    columns = "id,product_type,evidence.energy_label.label_location"
    project.write("list.csv", f"{columns}\nF,household_refrigerator,no\n")
    assert batch(["list.csv"], as_of="2026-11-21") == 1
    project.write("cncheck.toml", 'fail-on = "never"\n')
    assert batch(["list.csv"], as_of="2026-11-21") == 0


# ---- what must not pass --------------------------------------------------------------------------


def test_a_bracket_in_a_waiver_stands_for_itself() -> None:
    waiver = Waiver("A[1]", False, "rohs/*", False, "", "", date(2027, 1, 1), Place("w"))

    def covered(subject: str) -> bool:
        trip = Trip(subject, "rohs/mark", "violated", "")
        on = date(2026, 1, 1)
        return bool(apply_waivers([waiver], [trip], on, [], [], whole_folder=True).by_key)

    assert covered("A[1]")
    assert not covered("A1")


def test_a_waiver_of_duties_covers_no_scheme_that_lacks_a_fact(project: Project) -> None:
    project.write("products/fridge.yaml", "id: FRIDGE-1\nproduct_type: room_air_conditioner\n")
    project.waive(WAIVER.format(product="FRIDGE-1", obligation="'energy*'", expires="2027-06-30"))
    assert project.check(fail_on=["undetermined"])[0] == 4


def test_a_waiver_for_what_is_unclear_covers_no_violation_of_the_same_id() -> None:
    unclear, violated = _trip(open_law=True), _trip("violated", "rohs")
    found = apply_waivers([SCHEME], [unclear], date(2026, 1, 1), ["rohs"], [], whole_folder=True)
    assert found.covers(unclear)
    assert not found.covers(violated)


def test_what_was_only_to_fall_due_is_news_once_it_is_in_force() -> None:
    base = known.baseline_of([Trip("P", "a/b", "due", "")])
    assert not base.knows(Trip("P", "a/b", "open", ""))


def test_an_approval_is_a_name(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text("waivers:\n  - " + json.dumps({**GOOD, "approved_by": False}), encoding="utf-8")
    with pytest.raises(InputError, match="`approved_by` is one text"):
        read_waivers(str(file))


def test_a_waiver_steers_no_terminal_and_forges_no_line(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    reason = "a\nGate: passed \x1b[31m"
    file.write_text("waivers:\n  - " + json.dumps({**GOOD, "reason": reason}), encoding="utf-8")
    (waiver,) = read_waivers(str(file))
    assert waiver.reason == "a Gate: passed \\x1b[31m"


@pytest.mark.parametrize(
    "text",
    [
        '[ tool . cncheck ]\nfail-on = "never"\n',
        '[tool."cncheck"]\nfail-on = "never"\n',
        'tool.cncheck.fail-on = "never"\n',
        '[tool]\ncncheck = {fail-on = "never"}\n',
    ],
)
def test_settings_are_found_however_toml_writes_them(project: Project, text: str) -> None:
    project.write("pyproject.toml", text)
    assert project.check()[0] == 0


@pytest.mark.parametrize(
    "text",
    ["[[tool]]\n# cncheck\n", "tool = 3 # [tool.cncheck]\n", "[tool.cncheck-extra]\nx = 1\n"],
)
def test_a_shared_file_without_settings_hides_none_above_it(project: Project, text: str) -> None:
    project.write("cncheck.toml", 'fail-on = "never"\n')
    project.write("products/pyproject.toml", text)
    assert project.check()[0] == 0


def test_a_settings_file_that_leads_nowhere_is_told(project: Project) -> None:
    (project.folder / "cncheck.toml").symlink_to("nowhere.toml")
    assert project.check()[0] == 2


@pytest.mark.parametrize(
    "target", ["cncheck.toml", "cncheck-waivers.yaml", "families/f.yaml", "products/fridge.yaml"]
)
def test_no_report_is_written_over_what_was_read(project: Project, target: str) -> None:
    project.write("cncheck.toml", 'lang = "en"\n')
    project.waive(WAIVER.format(product="FRIDGE-1", obligation=LABEL, expires="2027-06-30"))
    project.write("families/f.yaml", "sold_online: true\n")
    project.write(
        "products/more.yaml", "include: ../families/f.yaml\nid: M\nproduct_type: monitor\n"
    )
    before = (project.folder / target).read_bytes()
    for options in ({"output": [f"json={target}"]}, {"write_baseline": target}):
        assert project.check(**options)[0] == 2
    assert (project.folder / target).read_bytes() == before


def test_a_baseline_is_kept_where_not_everything_could_be_checked(project: Project) -> None:
    project.check(write_baseline="known.json")
    before = (project.folder / "known.json").read_bytes()
    project.write("products/typo.yaml", "id: T\nproduct_typ: monitor\n")
    assert project.check(write_baseline="known.json")[0] == 2
    assert "was not written" in project.told
    (project.folder / "empty").mkdir()
    assert project.check("empty", write_baseline="known.json")[0] == 3
    assert (project.folder / "known.json").read_bytes() == before


def test_products_that_share_an_id_and_files_that_were_skipped_are_told_in_every_log(
    project: Project,
) -> None:
    project.write("products/again.yaml", FRIDGE.format(id="FRIDGE-1"))
    project.write("products/other.yaml", "sku: X\nkind: television\n")
    for name in ("text", "compact", "github", "markdown"):
        text = project.check(format=name)[1]["text"].replace("\\", "")
        assert "Ids of more than one product" in text, name
        assert "products/other.yaml" in text, name


def test_a_descriptor_with_a_stray_key_is_not_skipped(project: Project) -> None:
    project.write("products/fridge.yaml", "schema: 1\n" + FRIDGE.format(id="FRIDGE-1"))
    assert project.check()[0] == 2  # the key is told


def test_exit_zero_says_the_code_that_it_leaves_with(project: Project) -> None:
    code, report = project.check(format="text", exit_zero=True)
    assert code == 0
    assert "FAILED (exit code 0)" in report["text"]
