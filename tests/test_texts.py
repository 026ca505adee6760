"""What translators get and give back: all there is to translate, checked whole before any of it is used."""

import ast
import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from databases import Databases
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot import cli, languages
from bot.channel import Screen, utf16
from bot.languages import ENGLISH, FORMS, HEADER, NAMES, reviewer, shipped, source_of
from bot.speech import BRIEF, LABEL, count, say, speaking
from bot.spoken import marked
from bot.texts import files, found
from bot.texts.checks import BadPlaces, flaws, places
from bot.texts.files import BadTexts
from bot.texts.found import KEYWORDS, Text
from bot.texts.keeping import coverage, keep
from bot.words import Host, words
from flows.load import library
from storage.values import Organisation, Partnership
from storage.work import Store

ON_SQLITE_ALONE = True  # what is asked and said; what is kept is tested on both elsewhere

ROOT = Path(__file__).parents[1]
OTHERS = [code for code in NAMES if code != ENGLISH]
TEXTS = found.everything()
JOINED = FORMS.join(("About {n} person has joined.", "About {n} people have joined."))
HELP_ITSELF = re.compile('msgid "Help"\nmsgstr ".*"')
WITH_HELP = 'msgid "Help"\nmsgstr "Pomoc X"'
NEVER = date(2026, 6, 2)
SMALL = {
    text.source: text
    for text in (
        Text("Help", ("a",), LABEL),
        Text("{operator} runs it.", ("b",)),
        Text("Call 999. /help says more.", ("c",)),
        Text(JOINED, ("d",)),
        Text("=1+1 is no sum", ("e",)),
    )
}


@pytest.fixture(autouse=True)
def nothing_brought_in() -> Iterator[None]:
    languages.bring({}, "")
    yield
    languages.bring({}, "")


# --- what there is


def test_the_template_that_is_kept_is_the_one_the_code_gives():
    """To mend it: pulse flow texts template --to bot/languages/pulse.pot."""
    assert (ROOT / "bot" / "languages" / "pulse.pot").read_text(encoding="utf-8") == found.template(TEXTS)


def test_the_template_can_be_read_by_the_tools_of_translators():
    made = read_po(io.BytesIO(found.template(TEXTS).encode()))
    assert {source_of(m.id) for m in made if m.id} == TEXTS.keys()
    assert made.num_plurals == 2  # as English counts; a language's own file says how it does


def test_every_call_that_says_something_names_its_text_as_it_stands():
    modules = [path.read_text(encoding="utf-8") for name in ("bot", "digests") for path in (ROOT / name).rglob("*.py")]
    speaking_ones = [code for code in modules if "from bot.speech import" in code or "wording.say(" in code]
    assert len(speaking_ones) > 10
    for code in speaking_ones:
        for call in (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            args = call.args[: 2 if name == "count" else 1]
            if name in KEYWORDS:
                assert not any(isinstance(arg, ast.JoinedStr | ast.BinOp) for arg in args), ast.unparse(call)
                said = [str(arg.value) for arg in args if isinstance(arg, ast.Constant)]
                named = len(said) == (2 if name == "count" else 1)
                assert not named or FORMS.join(said) in TEXTS, ast.unparse(call)


def test_each_place_of_a_text_is_filled_by_name():
    for text in TEXTS.values():
        for form in text.source.split(FORMS):
            assert places(form) is not None


def test_every_text_of_every_check_in_is_there_with_the_question_it_is_from():
    for flow in library().values():
        assert set(flow.texts()) <= TEXTS.keys()
    assert "weekly-pulse T1" in TEXTS["Could you count on the other people in this group this week?"].places
    assert TEXTS["I do frontline work"].longest == LABEL
    assert TEXTS["Show the last digest"].longest == BRIEF


def test_no_english_text_is_longer_than_its_translations_may_be():
    assert not [text for text in TEXTS.values() if text.longest and len(text.source) > text.longest]


# --- the catalogues that come with the bot


def catalogue(code: str) -> Catalog:
    return read_po(io.BytesIO(shipped(code).encode()))


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_says_its_language_how_it_counts_and_who_has_read_it(code: str):
    made, text = catalogue(code), shipped(code)
    assert str(made.locale_identifier) == code
    assert made.plural_forms == Catalog(locale=code).plural_forms
    assert '\n"X-Reviewed-By: ' in text
    assert reviewer(text) == "" or " " in reviewer(text)


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_holds_no_text_that_is_said_nowhere_and_none_is_missing(code: str):
    assert {source_of(m.id) for m in catalogue(code) if m.id} == TEXTS.keys()


@pytest.mark.parametrize("code", OTHERS)
def test_every_translation_could_be_brought_in_as_it_is(code: str, tmp_path: Path):
    file = tmp_path / f"{code}.po"
    file.write_text(shipped(code), encoding="utf-8")
    sheet = files.read(file, TEXTS)
    assert sheet.language == code
    assert not sheet.unknown


@pytest.mark.parametrize("code", NAMES)
def test_the_longest_screens_fit_one_message_in_every_language(code: str):
    host = Host("Voluntary Network " * 4, "help@example.org" * 2, "pulse_bot", "complaints@example.org")
    partnership = Partnership("r", "R" * 60, "Europe/London", 4, "10:00", (Organisation(1, "A" * 60, lead=True),))
    with speaking(code):
        mark = utf16(marked(Screen("")).text)
        for text in (words.HELP_TEXT, words.privacy(host), words.complain(host)):
            assert utf16(text) + mark <= 4096
        again = f"{words.CHANGED['member']}\n\n{words.consent(host, partnership)}\n\n{words.NOTHING_YET}"
        assert utf16(again) + mark <= 4096


# --- what a translation may hold


@pytest.mark.parametrize(("source", "said", "wrong"), [
    ("Help", "Pomoc", []),
    ("Help", "", []),
    ("Help", "x" * 60, []),
    ("Help", "x" * 61, ["it has 61 letters, and at most 60 fit"]),
    ("Help", "<b>Pomoc</b>", ["<b> is markup, and would be shown as it stands",
                              "</b> is markup, and would be shown as it stands"]),
    ("Help", "Pomoc&nbsp;", ["&nbsp; is markup, and would be shown as it stands"]),
    ("Help", "Pomoc ", ["it begins or ends with a blank"]),
    ("Help", "Po\u202emoc", ["it holds a sign that cannot be seen"]),
    ("Help", "Po\x07moc", ["it holds a sign that cannot be seen"]),
    ("Help", "a\u200cb", []),  # a sign that Urdu needs
    ("Help", "{operator}", ["{operator} is not in the English"]),
    ("{operator} runs it.", "Bot {operator}", []),
    ("{operator} runs it.", "Bot {0}", ["{0} is no place to fill"]),
    ("{operator} runs it.", "Bot {operator.name}", ["{operator.name} is no place to fill"]),
    ("{operator} runs it.", "Bot {operator!r}", ["{operator} is no place to fill"]),
    ("{operator} runs it.", "Bot {operator", ["a curly bracket has no partner"]),
    ("{operator} runs it.", "Bot", ["{operator} is missing"]),
    ("Call 999. /help says more.", "Tel. 999. /help", []),
    ("Call 999. /help says more.", "Tel. 112. /pomoc", ["the command /help is gone", "the number 999 is gone"]),
])  # fmt: skip
def test_a_translation_keeps_what_must_be_kept(source: str, said: str, wrong: list[str]):
    assert [what for what, _ in flaws(SMALL[source], (said,), 1)] == wrong


@pytest.mark.parametrize(("forms", "wrong"), [
    (("jedna osoba", "{n} osoby", "{n} osób"), []),
    (("", "", ""), []),
    (("jedna osoba", "", "{n} osób"), ["it has 2 forms and the language counts with 3"]),
    (("jedna", "{n}"), ["it has 2 forms and the language counts with 3"]),
    (("jedna", "{m}", "{n}"), ["{m} is not in the English"]),
])  # fmt: skip
def test_a_counted_text_has_all_its_forms(forms: tuple[str, ...], wrong: list[str]):
    assert [what for what, _ in flaws(SMALL[JOINED], forms, 3)] == wrong


@given(st.text(max_size=60))
def test_what_passes_can_be_filled(said: str):
    if not list(flaws(SMALL["{operator} runs it."], (said,), 1)) and said:
        assert "City Council" in said.format(operator="City Council")


@given(st.text(alphabet="{}abn!:. ", max_size=20))
def test_brackets_are_understood_or_refused(text: str):
    try:
        named = places(text)
    except BadPlaces:
        return
    assert text.format(**dict.fromkeys(named, "x")) is not None


# --- out and in again


def translated(tmp_path: Path, name: str, content: str) -> Path:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8", newline="")
    return file


@pytest.mark.parametrize("form", ["po", "csv"])
def test_what_goes_out_and_comes_back_is_what_was_written(form: str, tmp_path: Path, store: Store):
    said = {"Help": ("Pomoc",), JOINED: ("jedna osoba", "{n} osoby", "{n} osób"), "=1+1 is no sum": ("=1+1 to nie",)}
    sheet = files.Sheet("pl", "", said, ())
    with store.work() as work:
        keep(work, sheet, NEVER)
    written = files.write("pl", SMALL, form)
    assert files.read(translated(tmp_path, f"back.{form}", written), SMALL) == sheet


def test_no_cell_of_a_table_is_a_formula(store: Store):
    with store.work() as work:
        keep(work, files.Sheet("pl", "", {"=1+1 is no sum": ('=cmd|" /C calc"!A0',), "Help": ("+48",)}, ()), NEVER)
    rows = list(csv.reader(io.StringIO(files.write("pl", SMALL, "csv").removeprefix("\ufeff"), newline="")))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_table_tells_which_numbers_a_form_is_for():
    rows = list(csv.reader(io.StringIO(files.write("pl", SMALL, "csv").removeprefix("\ufeff"), newline="")))
    assert rows[0] == ["english", "form", "for the numbers", "pl", "at most", "where"]
    assert [row[1:3] for row in rows if "joined" in row[0]] == [
        ["1", "1"], ["2", "2, 3, 4, 22, 23 …"], ["3", "0, 5, 6, 7, 8 …"],
    ]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_spreadsheet_may_part_its_cells_as_it_likes(delimiter: str, tmp_path: Path):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([["english", "form", "pl"], ["Help", "", "Pomoc"]])
    assert files.read(translated(tmp_path, "a.csv", out.getvalue()), SMALL).said == {"Help": ("Pomoc",)}


def test_all_that_is_wrong_with_a_file_is_told_at_once(tmp_path: Path):
    table = 'english,form,pl\nHelp,,<i>\n{operator} runs it.,,Bot\nOther,,Inny\n"Call 999. /help says more.",,\n'
    with pytest.raises(BadTexts) as bad:
        files.read(translated(tmp_path, "pl.csv", table), SMALL)
    assert str(bad.value).splitlines() == [
        "pl.csv:2:1: “Help”: <i> is markup, and would be shown as it stands. To mend: take it out.",
        "pl.csv:3:1: “{operator} runs it.”: {operator} is missing. To mend: write {operator} where it belongs.",
    ]


PO = 'msgid ""\nmsgstr ""\n"Language: pl\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.mark.parametrize(("name", "content", "problem"), [
    ("a.po", PO + '#, fuzzy\nmsgid "Help"\nmsgstr "Pomoc"\n', "a.po:7:1: “Help” is marked as fuzzy. To mend: read it"),
    ("a.po", PO + 'msgid "Help\nmsgstr "x"\n', "a.po:6:1: this line does not end as it should"),
    ("a.po", PO.replace("pl", "xx"), "a.po:1:1: it"),
    ("a.po", 'msgid "Help"\nmsgstr "x"\n', "a.po:1:1: it does not say for which language it is. To mend: use one of"),
    ("a.csv", "english,form,de\nHelp,,Hilfe\n", "a.csv:1:1: it does not say for which language it is"),
    ("a.csv", "Help,Pomoc\n", "a.csv:1:1: its first row is not the one that was exported"),
    ("a.csv", "", "a.csv:1:1: its first row is not the one that was exported"),
])  # fmt: skip
def test_a_file_that_cannot_be_used_says_where_and_why(name: str, content: str, problem: str, tmp_path: Path):
    with pytest.raises(BadTexts) as bad:
        files.read(translated(tmp_path, name, content), SMALL)
    assert str(bad.value).startswith(problem)


def test_a_file_in_another_coding_is_refused(tmp_path: Path):
    file = tmp_path / "a.csv"
    file.write_bytes("english,form,pl\nHelp,,Pomóc\n".encode("cp1250"))
    with pytest.raises(BadTexts, match="it is not UTF-8"):
        files.read(file, SMALL)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.sampled_from(["po", "csv"]))
def test_no_file_at_all_does_more_than_be_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, form: str):
    file = tmp_path_factory.mktemp("any") / f"a.{form}"
    file.write_bytes(content)
    with pytest.raises(BadTexts):
        files.read(file, SMALL)


# --- kept


def test_what_is_kept_is_said_over_what_came_with_the_bot(store: Store):
    with store.work() as work:
        keep(work, files.Sheet("pl", "", {"Help": ("Pomoc A",)}, ()), NEVER)
        keep(work, files.Sheet("pl", "", {"Back": ("Wstecz B",)}, ()), NEVER)
    with speaking("pl"):
        assert (say("Help"), say("Back")) == ("Pomoc A", "Wstecz B")


def test_counted_texts_are_kept_with_their_forms(store: Store):
    with store.work() as work:
        keep(work, files.Sheet("pl", "", {JOINED: ("jedna", "{n} osoby", "{n} osób")}, ()), NEVER)
    with speaking("pl"):
        one, many = JOINED.split(FORMS)
        assert [count(one, many, n) for n in (1, 3, 5)] == ["jedna", "3 osoby", "5 osób"]


@pytest.mark.parametrize(("first", "second", "stands"), [
    ("Ola", "Ola", "Ola"), ("", "Ola", ""), ("Ola", "", ""), ("", "", ""),
])  # fmt: skip
def test_words_count_as_reviewed_where_all_that_is_kept_was(store: Store, first: str, second: str, stands: str):
    with store.work() as work:
        keep(work, files.Sheet("pl", first, {"Help": ("A",)}, ()), NEVER)
        keep(work, files.Sheet("pl", second, {"Back": ("B",)}, ()), NEVER)
        assert reviewer(work.texts.all()["pl"][HEADER]) == stands


def test_bringing_words_in_stands_in_the_audit_log_without_them(databases: Databases):
    with databases.open().work() as work:
        keep(work, files.Sheet("pl", "", {"Help": ("Pomoc",)}, ()), NEVER)
    entries = databases.rows()["audit"]
    assert any("texts_imported" in row and "pl" in row for row in entries)
    assert "Pomoc" not in str(entries)


def test_coverage_counts_what_is_translated_and_what_is_not(store: Store):
    with store.work() as work:
        keep(work, files.Sheet("pl", "Ola", {"Help": ("Pomoc",), "Elsewhere": ("Gdzie",)}, ()), NEVER)
    (polish,) = coverage(SMALL, ["en", "pl"])
    known = len(SMALL.keys() & files.said_in("pl").keys())
    assert (polish.strings, polish.translated, polish.missing) == (len(SMALL), known, len(SMALL) - known)


def test_a_language_in_which_nothing_can_be_said_was_reviewed_by_nobody(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(languages, "shipped", lambda code: found.po(code, SMALL, {}, "Ola Nowak"))
    languages.bring({}, "empty")
    assert [(one.translated, one.reviewed) for one in coverage(SMALL)] == [(0, False)] * len(OTHERS)


# --- on the command line


def pulse(*command: str, status: int = 0) -> str:
    ran = CliRunner().invoke(cli.app, ["flow", "texts", *command])
    assert ran.exit_code == status, ran.output
    return ran.stdout


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with no installation in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_translator_needs_no_installation(elsewhere: Path):
    assert pulse("template") == found.template(TEXTS)
    assert pulse("export", "pl", "--to", "pl.po") == "pl.po is there.\n"
    assert files.read(elsewhere / "pl.po", TEXTS).language == "pl"
    assert pulse("coverage").count("\n") == len(OTHERS)


def test_one_check_in_s_texts_can_be_had_alone(elsewhere: Path):
    flow = ROOT / "flows" / "library" / "risk-vote.yaml"
    text = pulse("export", "pl", "--flow", str(flow), "--format", "csv")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    (vote,) = (flow for flow in library().values() if flow.id == "risk-vote")
    assert len(rows) == 1 + len(list(vote.texts()))


@pytest.mark.parametrize("code", ["en", "xx"])
def test_a_language_that_is_not_there_is_named(elsewhere: Path, code: str):
    ran = CliRunner().invoke(cli.app, ["flow", "texts", "export", code])
    assert str(ran.exception).startswith(f"There is no language “{code}” here. Use one of cy (Cymraeg), pl")


def test_where_there_is_no_installation_nothing_is_brought_in(elsewhere: Path):
    (elsewhere / "pl.csv").write_text("english,form,pl\nHelp,,Pomoc\n", encoding="utf-8")
    ran = CliRunner().invoke(cli.app, ["flow", "texts", "import", "pl.csv"])
    assert "There is no installation here" in str(ran.exception)


@pytest.fixture
def installed(databases: Databases, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Databases:
    """The settings of an installation, in a folder of the translator's."""
    monkeypatch.setenv("PULSE_DATABASE_URL", databases.database_url)
    monkeypatch.setenv("PULSE_KEYS_URL", databases.keys_url)
    monkeypatch.setenv("PULSE_MASTER_KEY_FILE", str(databases.key_file))
    return databases


def test_a_file_is_exported_filled_in_imported_and_used(installed: Databases, elsewhere: Path):
    pulse("export", "pl", "--to", "pl.po")
    written = (elsewhere / "pl.po").read_text(encoding="utf-8")
    (elsewhere / "pl.po").write_text(HELP_ITSELF.sub(WITH_HELP, written), encoding="utf-8")
    before = coverage(TEXTS, ["pl"])[0].translated
    said = pulse("import", "pl.po", "--reviewed-by", "Ola Nowak")
    assert said.startswith("Texts in use from pl.po (language pl): ")
    with speaking("pl"):
        assert say("Help") == "Pomoc X"
    assert coverage(TEXTS, ["pl"])[0].translated >= before
    with installed.open().work() as work:
        assert reviewer(work.texts.all()["pl"][HEADER]) == "Ola Nowak"


def test_a_file_with_one_mistake_leaves_everything_as_it_was(installed: Databases, elsewhere: Path):
    before = installed.rows()
    (elsewhere / "pl.csv").write_text("english,form,pl\nHelp,,Pomoc\nSkip,,<b>\n", encoding="utf-8")
    ran = CliRunner().invoke(cli.app, ["flow", "texts", "import", "pl.csv"])
    assert "pl.csv:3:1: “Skip”: <b> is markup" in str(ran.exception)
    assert installed.rows() == before


def test_texts_of_a_check_in_of_one_s_own_are_taken_with_its_file(installed: Databases, elsewhere: Path):
    pulse_new = CliRunner().invoke(cli.app, ["flow", "new", "our-own", "--title", "Only ours"])
    assert pulse_new.exit_code == 0, pulse_new.output
    (elsewhere / "pl.csv").write_text("english,form,pl\nOnly ours,,Tylko nasze\n", encoding="utf-8")
    assert pulse("import", "pl.csv").endswith(": 0\n")
    assert pulse("import", "pl.csv", "--flow", "our-own.yaml").endswith(": 1\n")
    with speaking("pl"):
        assert say("Only ours") == "Tylko nasze"
