"""Everybody is spoken to in their own language; what a language lacks is said in English."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from databases import Databases, only_sqlite
from riverside import Letters, Riverside, address, button, labels
from telegram import BotCommandScopeAllPrivateChats, BotCommandScopeChat

from bot import languages
from bot.channel import Button, Command, Inbound, Press, Screen, unpack, utf16
from bot.intake import Intake
from bot.languages import FORMS, HEADER, NAMES, RIGHT_TO_LEFT
from bot.local import day_and_time
from bot.rounds import PROMPT
from bot.sends import Sends, one_at_a_time
from bot.speech import Each, Said, count, fill, language, later, say, speaking
from bot.spoken import EDITION, brief, freshen, marked
from bot.telegram.screen import TelegramChannel
from bot.words import Host, words
from storage.values import Organisation, Partnership
from storage.work import Store

HELP = "Pomoc"
TEXTS = {
    "pl": {
        HEADER: "X-Reviewed-By: ",
        "Help": HELP,
        "Skip": "Pomiń",
        "Nobody who speaks this language has checked these words yet.": "Nikt tego nie sprawdził.",
        FORMS.join(("About {n} person has joined.", "About {n} people have joined.")): FORMS.join(
            ("{n} osoba", "{n} osoby", "{n} osób")
        ),
        "{day} at {time}": "{day}, godz. {time}",
        "Show the last digest": "Pokaż ostatnie podsumowanie",
        "How do you take part? Pick the one that fits best. It helps us see if some people feel left out. "
        "Nobody is shown by name.": "Jak bierzesz udział?",
        "Could you count on the other people in this group this week?": "Czy można było na nich liczyć?",
    },
    "ro": {HEADER: "X-Reviewed-By: Ana", "Help": "Ajutor"},
    "ar": {HEADER: "X-Reviewed-By: ", "You have joined {partnership}.": "لقد انضممت إلى {partnership}."},
}
MARK = "Nikt tego nie sprawdził.\n\nNobody who speaks this language has checked these words yet."


@pytest.fixture(autouse=True)
def brought_in(request: pytest.FixtureRequest) -> Iterator[None]:
    """What came with the bot is out of these tests' way: it changes with every translator's file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(languages, "shipped", _empty)
        languages.bring(TEXTS, "tests")
        yield
    languages.bring({}, "")


def _empty(code: str) -> str:
    rule = {"pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"}
    return f'msgid ""\nmsgstr ""\n"Language: {code}\\n"\n"Plural-Forms: {rule.get(code, "nplurals=1; plural=0;")}\\n"\n'


def alone(name: str) -> str:
    """A name as it stands in a sentence from right to left: isolated from it."""
    return f"\u2068{name}\u2069"


def kept(store: Store) -> None:
    """The tests' texts in a database, as an operator brings them in."""
    with store.work() as work:
        for code, texts in TEXTS.items():
            work.texts.replace(code, texts)
        work.partnerships.keep_fact(EDITION, "tests")


def tell(town: Riverside, who: str, what: str, app: str) -> Screen:
    """A command or a button's data from somebody whose app speaks `app`; the last screen it led to."""
    event = Command(*(what[1:].partition(" ")[::2])) if what.startswith("/") else unpack(what)
    (reply,) = town.desk.converse([Inbound(address(who), event, None, app)])
    assert not isinstance(reply, Exception)
    town.screens[who] = reply.screens[-1]
    return reply.screens[-1]


# --- saying


def test_a_text_is_said_in_the_language_spoken_and_in_english_where_that_lacks_it():
    with speaking("pl"):
        assert (say("Help"), say("Back"), say("")) == (HELP, "Back", "")
        with speaking("ro"):
            assert say("Help") == "Ajutor"
        assert say("Help") == HELP
    assert say("Help") == "Help"


def test_a_sentence_in_a_class_follows_the_language():
    class Mine:
        HELP = Said("Help")
        BOTH = Each({"help": later("Help"), "back": later("Back")})

    with speaking("pl"):
        assert (Mine().HELP, Mine().BOTH) == (HELP, {"help": HELP, "back": "Back"})
    assert Mine().HELP == "Help"


@pytest.mark.parametrize(("n", "said"), [(5, "5 osób"), (1, "1 osoba"), (22, "22 osoby"), (12, "12 osób"),
                                         (12_345, "12\N{NO-BREAK SPACE}345 osób")])  # fmt: skip
def test_counting_follows_the_language_s_own_rule(n: int, said: str):
    with speaking("pl"):
        assert count("About {n} person has joined.", "About {n} people have joined.", n) == said


@pytest.mark.parametrize(("n", "said"), [(1, "1 tap"), (0, "0 taps"), (1000, "1,000 taps")])
def test_counting_in_english_needs_no_catalogue(n: int, said: str):
    assert count("{n} tap", "{n} taps", n) == said


@pytest.mark.parametrize(("tag", "spoken"), [("pl", "pl"), ("PL", "pl"), ("pl-PL", "pl"), ("en-GB", "en"), ("", "en"),
                                             ("zz", "en"), (None, "en"), ("cy", "en"), ("plx", "en")])  # fmt: skip
def test_a_language_is_spoken_where_anything_can_be_said_in_it(tag: str | None, spoken: str):
    with speaking(tag):
        assert language() == spoken


@pytest.mark.parametrize("code", sorted(RIGHT_TO_LEFT))
def test_names_stand_alone_in_a_language_that_runs_from_right_to_left(code: str, monkeypatch: pytest.MonkeyPatch):
    languages.bring({code: {"Help": "x"}}, "other")
    with speaking(code):
        assert fill("{name}: {n}", name="Open Door (Leeds)", n=7) == "\u2068Open Door (Leeds)\u2069: 7"
    assert fill("{name}: {n}", name="Open Door (Leeds)", n=7) == "Open Door (Leeds): 7"


def test_a_partnership_s_english_name_stands_alone_in_an_arabic_sentence():
    partnership = Partnership("r", "Riverside (North)", "Europe/London", 4, "10:00", (Organisation(1, "A", lead=True),))
    with speaking("ar"):
        assert words.joined(partnership, None).startswith("لقد انضممت إلى \u2068Riverside (North)\u2069.")


def test_what_a_name_holds_is_never_taken_for_a_place():
    assert say("{operator} runs this bot.", operator="{0} {contact}") == "{0} {contact} runs this bot."


@pytest.mark.parametrize(("code", "said"), [
    ("en", "Friday 5 June at 10:00"),
    ("pl", "piątek, 5 czerwca, godz. 10:00"),
    ("ro", "vineri, 5 iunie at 10:00"),
    ("ar", alone("الجمعة، 5 يونيو") + " at " + alone("10:00")),
])  # fmt: skip
def test_days_are_named_as_the_language_names_them(code: str, said: str):
    with speaking(code):
        assert day_and_time(datetime(2026, 6, 5, 9, tzinfo=UTC), "Europe/London") == said


def test_what_is_agreed_to_has_one_name_in_every_language():
    host = Host("Voluntary Network", "help@example.org")
    partnership = Partnership("v", "Versions", "Europe/London", 4, "10:00", (Organisation(1, "A", lead=True),))
    english = words.consent_version(words.consent(host, partnership))
    languages.bring({"pl": {"{operator} runs this bot.": "{operator} prowadzi tego bota."}}, "other")
    with speaking("pl"):
        assert words.consent(host, partnership).startswith("Voluntary Network prowadzi")
        assert words.version_today(host, partnership, "member") == english


# --- words that no speaker has checked


def test_a_screen_that_nobody_has_checked_says_so_in_both_languages():
    screen = Screen("Pytanie", ((Button("a", "b"),),), bold=((0, 3),))
    with speaking("pl"):
        shown = marked(screen)
    assert shown.text == f"Pytanie\n\n{MARK}"
    assert (shown.buttons, shown.bold) == (screen.buttons, screen.bold)


@pytest.mark.parametrize("code", ["en", "ro"])
def test_checked_words_stand_alone(code: str):
    with speaking(code):
        assert marked(Screen("Text")) == Screen("Text")


def test_the_mark_is_said_once_where_it_has_no_translation():
    with speaking("ar"):
        assert marked(Screen("Text")).text == f"Text\n\n{words.NOT_REVIEWED}"


@pytest.mark.parametrize("screen", [Screen("🙂" * 600, picture=b"png"), Screen("🙂" * 600, document=b"{}")])
def test_a_caption_leaves_room_for_the_mark(screen: Screen):
    with speaking("pl"):
        text = marked(screen).text
    assert 1020 <= utf16(text) <= 1024
    assert text.endswith(MARK)


def test_a_long_message_leaves_room_for_the_mark():
    with speaking("pl"):
        assert utf16(marked(Screen("🙂" * 3000)).text) <= 4096


def test_one_half_checked_language_is_not_checked():
    languages.bring({"ro": {"Help": "Ajutor", HEADER: "X-Reviewed-By: Ana"}}, "other")
    assert languages.reviewed("ro")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(languages, "shipped", lambda code: _empty(code) + '\nmsgid "Skip"\nmsgstr "Sari peste"\n')
        languages.bring({"ro": {"Help": "Ajutor", HEADER: "X-Reviewed-By: Ana"}}, "once more")
        assert not languages.reviewed("ro")


@pytest.mark.parametrize(("notice", "length"), [(None, None), ("Saved", 5), ("x" * 400, 190)])
def test_a_notice_is_no_longer_than_telegram_takes(notice: str | None, length: int | None):
    short = brief(notice)
    assert (short if short is None else len(short)) == length


# --- at the desk


def test_a_stranger_is_answered_in_the_language_of_their_app(town: Riverside):
    assert labels(tell(town, "ola", f"/start {town.member_link}", "pl"))[2] == HELP
    assert tell(town, "ola", f"/start {town.member_link}", "en").text.endswith(words.NOTHING_YET)


def test_who_joins_is_spoken_to_in_the_language_they_read_whatever_their_app_speaks(town: Riverside):
    tell(town, "ola", f"/start {town.member_link}", "pl")
    tell(town, "ola", button(town.screens["ola"], words.AGREE), "en")  # the button remembers what was read
    assert tell(town, "ola", "org:1", "en").text.startswith("Jak bierzesz udział?")


def test_a_tap_on_a_question_is_answered_in_the_language_of_the_person(open_town: Riverside):
    with open_town.desk.store.work() as work:
        person = work.people.find(address("ann"))
        assert person is not None
        work.people.speak(person.id, "pl")
    asked = tell(open_town, "ann", "/checkin", "en")
    assert "Czy można było na nich liczyć?" in asked.text
    start, length = asked.bold[0]
    bold = asked.text.encode("utf-16-le")[2 * start : 2 * (start + length)].decode("utf-16-le")
    assert bold == "Czy można było na nich liczyć?"
    assert tell(open_town, "ann", asked.buttons[0][0].data, "en").text.endswith(MARK)


def test_a_tap_on_somebody_else_s_question_is_answered_in_one_s_own_language(open_town: Riverside):
    theirs = tell(open_town, "bob", "/checkin", "en").buttons[0][0].data
    with open_town.desk.store.work() as work:
        person = work.people.find(address("ann"))
        assert person is not None
        work.people.speak(person.id, "pl")
    assert tell(open_town, "ann", theirs, "en").text.endswith(MARK)


def test_a_language_is_picked_from_the_names_that_languages_have_for_themselves(open_town: Riverside):
    screen = tell(open_town, "ann", "/language", "en")
    assert screen.text == words.ASK_LANGUAGE
    assert labels(screen) == [
        "English",
        "Polski (not checked yet)",
        "Română",
        f"{alone(NAMES['ar'])} ({alone('not checked yet')})",
    ]


def test_what_was_picked_stays_and_is_told_to_whoever_draws_the_menu(open_town: Riverside):
    (reply,) = open_town.desk.converse([Inbound(address("ann"), Press("language-is", "pl"), 5, "en")])
    assert not isinstance(reply, Exception)
    assert (reply.language, reply.coordinator, reply.over) == ("pl", False, 5)
    assert MARK in tell(open_town, "ann", "/who", "en").text
    tell(open_town, "ann", "language-is:en", "pl")
    assert MARK not in tell(open_town, "ann", "/who", "pl").text


def test_a_language_that_cannot_be_spoken_leaves_english(open_town: Riverside):
    (reply,) = open_town.desk.converse([Inbound(address("ann"), Press("language-is", "zz"), 5, "en")])
    assert not isinstance(reply, Exception)
    assert reply.language == "en"


def test_an_invite_can_be_read_in_another_language_and_nothing_is_kept_of_that(town: Riverside, databases: Databases):
    before = databases.rows()
    tell(town, "ola", f"/start {town.member_link}", "en")
    tell(town, "ola", button(town.screens["ola"], words.LANGUAGES), "en")
    assert all(len(b.data.encode()) <= 64 for row in town.screens["ola"].buttons for b in row)
    tell(town, "ola", button(town.screens["ola"], "Polski (not checked yet)"), "en")
    assert town.sees("ola").endswith(MARK)
    assert all(len(b.data.encode()) <= 64 for row in town.screens["ola"].buttons for b in row)
    assert databases.rows() == before
    assert tell(town, "ola", button(town.screens["ola"], words.AGREE), "en").text.endswith(MARK)
    with town.desk.store.work() as work:
        assert work.people.language_of(address("ola")) == "pl"


@pytest.mark.parametrize("kind", ["member", "coordinator"])
def test_who_joins_has_a_menu_in_the_language_they_read(town: Riverside, kind: str):
    with town.desk.store.work() as work:
        token = work.people.make_link(town.partnership.id, kind, town.clock.now())
    tell(town, "ola", f"/start {token}", "pl")
    agree = unpack(button(town.screens["ola"], words.AGREE))
    (reply,) = town.desk.converse([Inbound(address("ola"), agree, 5, "en")])
    assert not isinstance(reply, Exception)
    assert (reply.language, reply.coordinator) == ("pl", kind == "coordinator")


def test_a_stranger_without_an_invite_is_told_where_a_language_is_picked(town: Riverside):
    for what in ("/language", "language:", "language-is:pl"):
        screen = tell(town, "nobody", what, "en")
        assert not screen.buttons
    assert tell(town, "nobody", "/language", "en").text == words.ASK_LANGUAGE_FIRST


@only_sqlite
async def test_help_comes_in_the_language_last_spoken_with_no_look_at_the_database(open_town: Riverside, store: Store):
    tell(open_town, "ann", "language-is:pl", "en")
    pressed = next(b.data for row in tell(open_town, "ann", "/checkin", "en").buttons for b in row if b.label == HELP)
    store.dispose()
    intake = Intake(open_town.desk)
    for said in ("help", "privacy", "complain"):
        reply = await intake.take(Inbound(address("ann"), Command(said, ""), None, "en"))
        assert reply.screens[-1].text.endswith(MARK)
    open_town.desk.spoken.note(Inbound(address("ann"), Command("help", "")), "en")  # as after a new start
    reply = await intake.take(Inbound(address("ann"), unpack(pressed), None, "en"))
    assert reply.screens[-1].text.endswith(MARK)
    await intake.close()


async def test_everybody_is_asked_in_their_own_language(open_town: Riverside):
    kept(open_town.desk.store)
    tell(open_town, "ann", "language-is:pl", "en")
    letters = Letters()
    sends = Sends(open_town.desk.store, open_town.desk.flows, letters, one_at_a_time(1000), open_town.desk.host)
    for who in ("ann", "bob"):
        with open_town.desk.store.work() as work:
            person = work.people.find(address(who))
        assert person is not None
        await sends.deliver(PROMPT, open_town.current().id, person.id)
    (ann, bob) = (screen.text for _, screen in letters.arrived)
    assert "Czy można było na nich liczyć?" in ann
    assert ann.endswith(MARK)
    assert "Could you count on the other people in this group this week?" in bob


def test_what_an_operator_brings_in_is_used_from_the_next_look_on(store: Store):
    languages.bring({}, "")
    with store.work() as work:
        freshen(work)
    assert languages.offered() == ["en"]
    kept(store)
    with store.work() as work:
        freshen(work)
    assert languages.offered() == ["en", "pl", "ro", "ar"]


# --- the menu


class Menus:
    """Telegram's place: the menus it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[object, str | None, dict[str, str]]] = []

    async def set_my_commands(self, commands: list, scope: object, language_code: str | None = None) -> None:
        self.given.append((scope, language_code, {c.command: c.description for c in commands}))


async def test_each_language_has_a_menu_and_who_picked_one_keeps_it():
    menus = Menus()
    channel = TelegramChannel(menus)  # type: ignore[arg-type]
    await channel.set_menus([("tg:7", "pl")])
    scopes = [(type(scope), code) for scope, code, _ in menus.given]
    everyone = [(BotCommandScopeAllPrivateChats, code) for code in (None, "pl", "ro", "ar")]
    assert scopes == [*everyone, (BotCommandScopeChat, None)]
    assert menus.given[-1][2]["digest"] == "Pokaż ostatnie podsumowanie"
    assert "digest" not in menus.given[0][2]
    assert menus.given[0][2].keys() == words.MEMBER_COMMANDS.keys()


def test_every_language_has_a_name_of_its_own():
    assert len(set(NAMES.values())) == len(NAMES)
