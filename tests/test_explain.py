"""What `cncheck explain` says of a duty, and the pages of docs/obligations, which say the same."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cncheck.cases import cases_of, example_of
from cncheck.commands.explain import explain
from cncheck.conditions import Text
from cncheck.load.products import read_products
from cncheck.load.rules import load_rules, rules_folder
from cncheck.load.yamlfile import read_documents
from cncheck.model import Obligation, Pack, Rules
from cncheck.report.descriptor import written
from cncheck.report.duty import duty_sheet
from cncheck.report.lines import plain
from cncheck.report.scheme import coverage, scheme_sheet
from cncheck.report.sheet import Item, Section, Sheet, Snippet, lines, markdown

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
GENERATED = (DOCS / "obligations", DOCS / "schemes")
OWN = Path(__file__).parent / "bad_packs" / "valid.yaml"
RULES = load_rules()
DUTIES = [(pack, duty) for pack in RULES.packs for duty in pack.obligations]
each_duty = pytest.mark.parametrize(("pack", "duty"), DUTIES, ids=[duty.id for _, duty in DUTIES])
each_language = pytest.mark.parametrize("language", ["en", "zh"])
CASES = {pack.id: cases_of(pack.id, [rules_folder()]) for pack in RULES.packs}


def sheet(pack: Pack, duty: Obligation, language: str = "en") -> Sheet:
    example = example_of(duty.id, CASES[pack.id], RULES)
    return duty_sheet(duty, pack, RULES, example, language)


def texts(page: Sheet) -> Iterator[str]:
    """Every sentence, item and line of a snippet."""
    yield from page.title
    for section in page.sections:
        yield section.heading
        for part in section.parts:
            match part:
                case Snippet():
                    yield from part.yaml.splitlines()
                case Item():
                    yield part.text
                case _:
                    yield part


def snippets(page: Sheet) -> list[str]:
    return [part.yaml for s in page.sections for part in s.parts if isinstance(part, Snippet)]


# ---- the page of a duty ------------------------------------------------------------------------------


@each_language
@each_duty
def test_a_page_tells_what_the_duty_is_whom_it_binds_and_where_it_stands(
    pack: Pack, duty: Obligation, language: str
) -> None:
    said = "\n".join(texts(sheet(pack, duty, language)))
    assert duty.title.en in said
    assert duty.title.zh in said
    assert duty.means.to(language) in said
    for role in duty.binds:
        assert RULES.vocabulary.roles[role].name.to(language) in said
    for phase in duty.phases:
        assert phase.title.to(language) in said
        assert phase.window.start is None or str(phase.window.start) in said
    for citation in duty.cite:
        assert RULES.vocabulary.sources[citation.source].title in said
        assert citation.at in said
    own = {note.text for note in pack.notes if note.obligation == duty.id}
    for note in pack.notes:  # several duties may share the words of a note
        assert (note.text.to(language) in said) is (note.text in own)


@each_duty
def test_what_is_to_be_filled_in_is_a_descriptor_that_says_nothing_yet(
    pack: Pack, duty: Obligation, rules: Rules
) -> None:
    blank = snippets(sheet(pack, duty))[0]
    found = read_products(f"id: P\nproduct_type: monitor\n{blank}", "p.yaml", rules)
    assert found is not None
    assert found.errors == ()
    assert set(found.products[0].facts) == {"id", "product_type"}


@each_duty
def test_every_fact_that_decides_is_asked_for_with_its_question_and_values(
    pack: Pack, duty: Obligation, facts_in
) -> None:
    blank = snippets(sheet(pack, duty))[0]
    deciding = facts_in(duty.met_if) | facts_in(duty.portfolio and duty.portfolio.declared_if)
    facts = [RULES.facts[name] for name in deciding - {"product_type"} if name in RULES.facts]
    assert facts
    for fact in facts:
        key = fact.name.rpartition(".")[2] if fact.name in pack.evidence else fact.name
        assert f"{key}:" in [line.strip() for line in blank.splitlines()]
        assert fact.question.en in blank
        for value in fact.values:
            assert value in blank


@each_duty
def test_the_example_is_a_case_that_meets_the_duty_or_the_page_says_why_there_is_none(
    pack: Pack, duty: Obligation
) -> None:
    page = sheet(pack, duty)
    example = example_of(duty.id, CASES[pack.id], RULES)
    if example is None:
        why = "No single product meets it" if duty.portfolio else "No case of this pack"
        assert len(snippets(page)) == 1
        assert any(text.startswith(why) for text in texts(page))
        return
    assert example.expect["obligations"][duty.id] == "met"
    assert read_documents(snippets(page)[1], "p.yaml") == [dict(example.product)]


def test_a_case_that_does_not_hold_under_the_rules_is_no_example() -> None:
    case = example_of("rohs/mark", CASES["rohs"], RULES)
    assert case is not None
    unmarked = case._replace(product={**case.product, "evidence": {"rohs": {"mark": "none"}}})
    assert example_of("rohs/mark", [case], RULES) == case
    assert example_of("rohs/mark", [unmarked], RULES) is None


@pytest.mark.parametrize(
    "word", ["NO", "0412", "1e3", "2026-01-31", "null", "a: b", "#", "空调", ""]
)
def test_a_descriptor_is_written_so_that_it_is_read_back(word: str) -> None:
    product = {"id": word, "list": [word, 0.062, 12, True, None], "evidence": {"x": {"y": word}}}
    assert read_documents(written(product), "p.yaml") == [product]


def test_a_day_is_written_without_quotes() -> None:
    assert written({"produced_on": "2026-10-01"}) == "produced_on: 2026-10-01\n"


# ---- the two renderings ------------------------------------------------------------------------------


@each_duty
def test_text_and_markdown_say_the_same(pack: Pack, duty: Obligation) -> None:
    page = sheet(pack, duty)
    text = plain(lines(page))
    marked = markdown(page).replace("\\", "")
    for said in texts(page):
        assert said in text
        assert said.replace("\\", "") in marked


def test_what_markdown_would_read_as_marks_is_written_out() -> None:
    text = Text("a <b *c* _d_ e_f [g] `h_i` j|k", "")
    page = Sheet("x", text, (Section("s", (Item("*", 1, "x.md"), Snippet("a: '*'\n"))),), "")
    assert markdown(page).splitlines()[0] == r"# a \<b \*c\* \_d\_ e_f \[g\] `h_i` j\|k"
    assert r"  - [\*](x.md)" in markdown(page)
    assert "```yaml\na: '*'\n```" in markdown(page)


# ---- the pages of the docs ---------------------------------------------------------------------------


def pages() -> dict[str, str]:
    """What docs has to hold: a page for each duty, under its id, and one for each scheme."""
    found = {f"obligations/{duty.id}.md": markdown(sheet(pack, duty)) for pack, duty in DUTIES}
    schemes = {
        f"schemes/{pack.id}.md": markdown(scheme_sheet(pack, RULES, "en", "../obligations/"))
        for pack in RULES.packs
    }
    return found | schemes


def test_the_pages_of_the_docs_are_those_of_the_rules() -> None:
    wanted = pages()
    generated = [path for folder in GENERATED for path in folder.rglob("*.md")]
    if os.environ.get("CNCHECK_GOLDEN") == "write":
        for old in generated:
            old.unlink()
        for name, text in wanted.items():
            (DOCS / name).parent.mkdir(parents=True, exist_ok=True)
            (DOCS / name).write_text(text, encoding="utf-8")
        generated = [DOCS / name for name in wanted]
    kept = {
        path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in generated
    }
    stale = sorted(name for name in wanted.keys() | kept if wanted.get(name) != kept.get(name))
    assert stale == [], "the rules or the words of a page changed: make docs"


def test_the_table_of_the_readme_is_made_from_the_packs() -> None:
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition("<!-- made by `make docs` -->\n")
    _, _, after = rest.partition("<!-- end -->")
    if os.environ.get("CNCHECK_GOLDEN") == "write":
        text = f"{before}<!-- made by `make docs` -->\n{coverage(RULES)}<!-- end -->{after}"
        path.write_text(text, encoding="utf-8")
    assert f"-->\n{coverage(RULES)}<!-- end" in text, "the packs changed: make docs"


# ---- the page of a scheme ----------------------------------------------------------------------------


@each_language
@pytest.mark.parametrize("pack", RULES.packs, ids=[pack.id for pack in RULES.packs])
def test_the_page_of_a_scheme_holds_its_dates_entries_duties_and_basis(
    pack: Pack, language: str
) -> None:
    page = scheme_sheet(pack, RULES, language, "../obligations/")
    said = "\n".join(texts(page))
    for duty in pack.obligations:
        assert f"{duty.id}: {duty.title.to(language)}" in said
    for entry in pack.entries:
        assert f"{entry.code}: {entry.name.en} / {entry.name.zh}" in said
        assert all(standard.number in said for standard in entry.standards)
        assert entry.erratum is None or entry.erratum.to(language) in said
    for phase in pack.phases:
        assert phase.title.to(language) in said
    for one in pack.instruments:
        assert one.number in said
    for row in pack.differs_from_eu:
        assert row.eu.to(language) in said
    assert pack.list_incomplete is None or pack.list_incomplete.to(language) in said


def test_the_page_of_a_scheme_links_to_pages_that_are_there() -> None:
    for pack in RULES.packs:
        page = scheme_sheet(pack, RULES, "en", "../obligations/")
        items = [part for s in page.sections for part in s.parts if isinstance(part, Item)]
        links = [item.link for item in items if item.link]
        assert len(links) == len(pack.obligations)
        assert all((DOCS / "schemes" / link).is_file() for link in links)


# ---- the command -------------------------------------------------------------------------------------


def test_a_duty_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("rohs/mark") == 0
    out = capsys.readouterr().out
    pack, duty = next((p, d) for p, d in DUTIES if d.id == "rohs/mark")
    assert out == plain(lines(sheet(pack, duty)))


def test_a_duty_is_explained_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("rohs/mark", lang="zh") == 0
    assert "如何证明" in capsys.readouterr().out


def test_a_pack_lists_its_duties(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("traction_battery") == 0
    out = capsys.readouterr().out
    for duty in next(p for p in RULES.packs if p.id == "traction_battery").obligations:
        assert f"- {duty.id}: {duty.title.en}" in out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rohs/marc", "Did you mean rohs/mark"),
        ("traction_batery", "Did you mean traction_battery"),
        ("xyzzy", "`cncheck rules list` names the packs"),
    ],
)
def test_an_unknown_id_is_told_with_the_nearest(
    name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert explain(name) == 2
    out, told = capsys.readouterr()
    assert out == ""
    assert f'Unknown obligation "{name}".' in told
    assert words in told


def test_a_language_that_is_none_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert explain("rohs/mark", lang="de") == 2
    assert "en, zh" in capsys.readouterr().err


def test_a_pack_of_ones_own_is_explained_by_its_own_cases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "valid.yaml").write_bytes(OWN.read_bytes())
    (duty,) = yaml.safe_load(OWN.read_text(encoding="utf-8"))["obligations"]
    assert explain(duty["id"], [str(tmp_path)]) == 0
    assert "No case of this pack shows the duty as met." in capsys.readouterr().out
    stated = {"screen_diagonal_mm": 600, "evidence": {"valid": {"report": "R-1"}}}
    case = {
        "name": "A good one",
        "product": {"product_type": "television", **stated},
        "expect": {"obligations": {duty["id"]: "met"}},
    }
    (tmp_path / "cases").mkdir()
    cases = yaml.safe_dump({"pack": "valid", "cases": [case]})
    (tmp_path / "cases" / "valid.yaml").write_text(cases, encoding="utf-8")
    assert explain(duty["id"], [str(tmp_path)]) == 0
    assert "A good one." in capsys.readouterr().out


def test_cases_that_cannot_be_read_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "valid.yaml").write_bytes(OWN.read_bytes())
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "valid.yaml").write_text("cases: 5\n", encoding="utf-8")
    (duty,) = yaml.safe_load(OWN.read_text(encoding="utf-8"))["obligations"]
    assert explain(duty["id"], [str(tmp_path)]) == 2
    assert "A case file is" in capsys.readouterr().err
