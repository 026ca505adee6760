"""`pulse flow texts`: one command a verb, for translators. Everything heavy is imported where it is used."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.settings import BadSettings, read_settings

if TYPE_CHECKING:
    from bot.texts.found import Text
    from storage.work import Work

texts_app = typer.Typer(no_args_is_help=True, help="Translate what the bot says and what check-ins ask.")

Language = Annotated[str, typer.Argument(help="Its code, such as pl.", metavar="LANGUAGE")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
OneFlow = Annotated[list[Path] | None, typer.Option(help="The texts of this check-in's file alone; may be repeated.")]
To = Annotated[Path | None, typer.Option(help="The file to write; printed where none is given.")]


@texts_app.command()
def template(flow: OneFlow = None, to: To = None) -> None:
    """Print the catalogue that every language starts from (POT)."""
    from bot.texts import found

    with _installed() as work:
        _give(found.template(_texts(work, flow)), to)


@texts_app.command()
def export(
    language: Language,
    flow: OneFlow = None,
    form: Annotated[Literal["po", "csv"], typer.Option("--format", help="po, or csv for a spreadsheet.")] = "po",
    to: To = None,
) -> None:
    """Print all there is to translate, with what is translated already."""
    from bot.languages import ENGLISH, NAMES
    from bot.texts import files

    if language not in NAMES or language == ENGLISH:
        codes = ", ".join(f"{code} ({name})" for code, name in NAMES.items() if code != ENGLISH)
        problem = f"There is no language “{language}” here. Use one of {codes}."
        raise BadSettings(problem)
    with _installed() as work:
        _give(files.write(language, _texts(work, flow), form), to)


@texts_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A PO file or a table (CSV) that was exported here.", metavar="FILE")],
    flow: OneFlow = None,
    reviewed_by: Annotated[str, typer.Option(help="The speaker who has read all of it, if one has.")] = "",
) -> None:
    """Check a translator's file, all of it, and use it; where anything is wrong, nothing of it is kept."""
    from dataclasses import replace

    from bot.texts import files, keeping

    with _installed() as work:
        if work is None:
            problem = "There is no installation here to keep it in. `pulse init` makes one."
            raise BadSettings(problem)
        sheet = files.read(file, _texts(work, flow, everything=True))
        keeping.keep(work, replace(sheet, reviewer=reviewed_by or sheet.reviewer), datetime.now(UTC).date())
    typer.echo(f"Texts in use from {file.name} (language {sheet.language}): {len(sheet.said)}")
    for line, source in sheet.unknown:
        start = source.split("\n")[0][:60]
        typer.echo(f"{file.name}:{line}: “{start}” is said nowhere, so its translation was left out.", err=True)


@texts_app.command()
def coverage(flow: OneFlow = None, as_json: AsJson = False) -> None:
    """Say for each language how many texts are translated, and whether a speaker has reviewed them."""
    from bot.texts import keeping

    with _installed() as work:
        found = keeping.coverage(_texts(work, flow))
    if as_json:
        typer.echo(json.dumps({"languages": [one.record() for one in found]}, ensure_ascii=False))
        return
    for one in found:
        review = "reviewed by a speaker" if one.reviewed else "not yet reviewed by a speaker"
        typer.echo(
            f"{one.language} {one.name}: {one.translated} of {one.strings} texts translated, {one.fuzzy} fuzzy, "
            f"{one.missing} missing; {review}"
        )


@contextmanager
def _installed() -> Iterator["Work | None"]:
    """The installation, if there is one here: translators need none."""
    settings = read_settings()
    if not settings.master_key_file.exists():
        yield None
        return
    from bot.operating import opened
    from bot.spoken import freshen

    with opened(settings) as store, store.work() as work:
        freshen(work)
        yield work


def _texts(work: "Work | None", files: list[Path] | None, *, everything: bool = False) -> dict[str, "Text"]:
    """What there is to translate: of these files alone, or all of the bot, the library and what was published."""
    from bot.texts import found
    from bot.texts.keeping import published
    from flows.load import library, load

    flows = [load(file) for file in files or ()]
    if flows and not everything:
        return found.merged(found.of_flows(flows))
    return found.everything([*library().values(), *(published(work) if work else ()), *flows])


def _give(text: str, to: Path | None) -> None:
    if to is None:
        typer.echo(text, nl=False)
    else:
        to.write_text(text, encoding="utf-8", newline="")
        typer.echo(f"{to} is there.")
