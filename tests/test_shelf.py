"""What is published stays: a round finishes on the check-in it opened with, whatever becomes of the files."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import FLOWS
from databases import Databases
from riverside import Riverside
from sqlalchemy import event

from bot import operating
from bot.digest import parts
from bot.settings import Settings
from bot.shelf import Shelf, shelf_of
from flows.engine import Engine
from flows.errors import BadDefinition
from flows.load import library
from flows.model import Flow
from flows.snapshot import freeze, thaw
from storage.errors import NotFound, Refused
from storage.work import Store

DAY = date(2026, 6, 2)
PULSE = next(flow for flow in library().values() if flow.id == "weekly-pulse")


def retold(flow: Flow = PULSE, **changes: Any) -> Flow:
    """The flow with other keys."""
    return thaw(json.dumps(json.loads(freeze(flow)) | changes))


def told_of(title: str, version: int) -> Flow:
    """A check-in called x, whose first theme has this title."""
    themes = json.loads(freeze(PULSE))["themes"]
    first, *_ = themes
    return retold(id="x", version=version, themes=themes | {first: themes[first] | {"title": title}})


def shelved(*flows: Flow) -> Shelf:
    return Shelf({flow.ref: Engine(flow) for flow in flows})


def restarted(town: Riverside, *library: Flow) -> Riverside:
    """The bot stops, its files are replaced by these, and it starts again."""
    shelf = shelved(*library)
    with town.desk.store.work() as work:
        shelf.must_agree(work)
        shelf.know_all(work)
    return replace(town, desk=replace(town.desk, flows=shelf))


# --- a round and its check-in


@pytest.mark.parametrize("later", [(told_of("Confidence", 2),), ()], ids=["replaced by x@2", "taken away"])
def test_a_round_finishes_on_the_check_in_it_opened_with(town: Riverside, later: tuple[Flow, ...]):
    town = restarted(town, told_of("Reliance", 1))
    people = [f"p{n}" for n in range(20)]
    town.joins(*people)
    assert town.opens("x").flow == "x@1"
    town.answers("p0", "75")
    town = restarted(town, *later)
    assert "x@1" in town.desk.flows
    town.gives("p0", "75")  # goes on where it was
    for who in people[1:7]:
        town.answers(who, "75", "75", "75")
    town.says("p9", "/checkin")
    assert "Reliance" in town.sees("p9")
    town.closes()
    with town.desk.store.work() as work:
        (frozen,) = work.frozen.digests(town.partnership.id)
    assert frozen.flow == "x@1"
    text = "".join(part.text for part in parts(town.desk.flows, town.partnership, frozen).values())
    assert "Reliance" in text
    assert "Confidence" not in text


def test_the_next_round_asks_the_newest_version(town: Riverside):
    town = restarted(town, told_of("Reliance", 9))
    town.joins("ann")
    assert town.opens("x").flow == "x@9"
    town.closes()
    town = restarted(town, told_of("Confidence", 10))
    assert town.opens("x").flow == "x@10"
    with town.desk.store.work() as work:
        assert work.flows.refs() == ["x@9", "x@10"]
        assert (work.flows.newest("x"), work.flows.newest("y")) == ("x@10", None)


def test_opening_publishes_what_is_asked_once(town: Riverside, databases: Databases):
    town.joins("ann")
    for _ in range(2):
        town.opens()
        town.closes()
    ((ref, body, _),) = databases.rows()["flow"]
    assert (ref, body) == (PULSE.ref, freeze(PULSE))


def test_an_opening_that_is_refused_publishes_nothing(town: Riverside, databases: Databases):
    with pytest.raises(NotFound, match=r"There is no check-in called 'weekly'\. There is: .*weekly-pulse"):
        town.opens("weekly")
    assert databases.rows()["flow"] == []


# --- another process


def asked_for_flows(store: Store) -> list[str]:
    """A list that grows by each statement that reads published check-ins."""
    seen: list[str] = []
    event.listen(
        store.database, "before_cursor_execute", lambda *given: seen.append(given[2]) if "flow.body" in given[2] else 0
    )
    return seen


def test_what_another_process_published_is_fetched_once_and_never_asked_for_again(town: Riverside, store: Store):
    town.joins("ann", "bob")
    elsewhere = replace(town, desk=replace(town.desk, flows=shelved(told_of("Reliance", 1))))
    elsewhere.opens("x")
    here = replace(town, desk=replace(town.desk, flows=Shelf(FLOWS)))
    seen = asked_for_flows(store)
    here.answers("ann", "75", "75")
    assert len(seen) == 1
    here.answers("bob", "75")
    assert len(seen) == 1
    assert "x@1" in here.desk.flows


def test_what_was_published_goes_before_a_file_of_the_same_name(store: Store):
    ours, theirs = told_of("Confidence", 1), told_of("Reliance", 1)
    shelf = shelved(ours)
    with store.work() as work:
        work.flows.publish("x@1", freeze(theirs), DAY)
        assert shelf["x@1"].flow == ours
        shelf.know(work, ["x@1"])
    assert shelf["x@1"].flow == theirs


def test_a_check_in_that_is_nowhere_is_named(store: Store):
    with store.work() as work, pytest.raises(NotFound, match="The check-in gone@3 is neither published nor"):
        Shelf(FLOWS).know(work, [PULSE.ref, "gone@3"])


# --- never two of one name


def test_a_file_that_differs_from_what_was_published_is_refused_at_the_start(town: Riverside, databases: Databases):
    town = restarted(town, told_of("Reliance", 1))
    town.joins("ann")
    town.opens("x")
    before = databases.rows()
    with pytest.raises(Refused, match=r"The file flows/library/x\.yaml is not .* x@1.*next version \(version: 2\)"):
        restarted(town, told_of("Confidence", 1))
    assert databases.rows() == before
    assert "x@1" in restarted(town, told_of("Reliance", 1)).desk.flows


def test_a_process_starts_with_the_library_and_all_that_was_published(store: Store):
    with store.work() as work:
        work.flows.publish("x@1", freeze(told_of("Reliance", 1)), DAY)
    shelf = shelf_of(store)
    assert set(shelf) == {"x@1", *library()}
    assert len(shelf) == len(library()) + 1
    assert shelf.newest("x").flow.ref == "x@1"


def test_what_is_published_is_never_rewritten(store: Store):
    body = freeze(told_of("Reliance", 1))
    with store.work() as work:
        work.flows.publish("x@1", body, DAY)
        work.flows.publish("x@1", body, date(2026, 7, 1))
        with pytest.raises(Refused, match=r"another check-in x@1 already.*its next version"):
            work.flows.publish("x@1", freeze(told_of("Confidence", 1)), DAY)
        assert (work.flows.get("x@1"), work.flows.bodies(["x@1", "y@1"])) == (body, {"x@1": body})
        with pytest.raises(NotFound, match="No check-in y@1 was published"):
            work.flows.get("y@1")


# --- by the operator


def settings(databases: Databases) -> Settings:
    places = {"database_url": databases.database_url, "keys_url": databases.keys_url,
              "master_key_file": databases.key_file, "complaints": "help@example.org",
              "operator": "Voluntary Network", "contact": "help@example.org"}  # fmt: skip
    return Settings(_env_file=None, **places)


def written(folder: Path, changes: Mapping[str, str]) -> Path:
    """The file of the weekly pulse as an author has changed it."""
    text = (Path(__file__).parents[1] / "flows" / "library" / "weekly-pulse.yaml").read_text(encoding="utf-8")
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    path = folder / "ours.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_operator_publishes_a_file_and_opens_a_round_with_it(town: Riverside, databases: Databases, tmp_path: Path):
    town.joins("ann")
    path = written(tmp_path, {"id: weekly-pulse": "id: ours"})
    ref = operating.publish(settings(databases), path)
    path.unlink()
    assert ref == f"ours@{PULSE.version}"
    assert operating.open_round(settings(databases), town.partnership.id, "ours")["flow"] == ref
    with town.desk.store.work() as work:
        assert [(e.actor, e.what, e.about) for e in work.audit.entries()][-2:] == [
            ("operator", "flow_published", ref), ("operator", "round_opened", town.partnership.id)
        ]  # fmt: skip
    town.finishes("ann")  # of a bot that was running all along


def test_an_operator_cannot_take_the_name_of_one_that_came_with_the_bot(databases: Databases, tmp_path: Path):
    path = written(tmp_path, {f"title: {PULSE.title}": "title: Ours"})
    with pytest.raises(Refused, match=f"another check-in {PULSE.ref} already"):
        operating.publish(settings(databases), path)
    assert databases.rows()["flow"] == []


def test_a_new_version_is_for_the_same_people(databases: Databases, tmp_path: Path):
    newer = {f"version: {PULSE.version}": f"version: {PULSE.version + 1}\nwho: joiners"}
    with pytest.raises(Refused, match="weekly-pulse is for everyone, and this one for joiners"):
        operating.publish(settings(databases), written(tmp_path, newer))
    assert databases.rows()["flow"] == []


def test_a_file_that_is_no_check_in_is_not_published(databases: Databases, tmp_path: Path):
    (tmp_path / "letter.yaml").write_text("Dear partners")
    with pytest.raises(BadDefinition):
        operating.publish(settings(databases), tmp_path / "letter.yaml")
    assert databases.rows()["flow"] == []


@pytest.mark.parametrize("flow", ["exit-form", "induction"])
def test_no_round_asks_what_is_for_leavers_or_joiners_alone(town: Riverside, databases: Databases, flow: str):
    town.joins("ann")
    with pytest.raises(Refused, match=f"{flow} is for (leavers|joiners) alone"):
        operating.open_round(settings(databases), town.partnership.id, flow)
