"""`pulse flow`: one command a verb, for whoever writes check-ins. Everything heavy is imported where it is used."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.texts.commands import texts_app

flow_app = typer.Typer(no_args_is_help=True, help="Write, try out, translate and publish check-ins.")
flow_app.add_typer(texts_app, name="texts")

File = Annotated[Path, typer.Argument(help="The check-in's file.", metavar="FILE")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


@flow_app.command()
def new(
    ident: Annotated[str, typer.Argument(help="Its id, such as our-check-in.", metavar="ID")],
    title: Annotated[str | None, typer.Option(help="What people read; made from the id if not given.")] = None,
) -> None:
    """Write ID.yaml into this folder: a small check-in with remarks, ready to be changed."""
    from bot.authoring.starting import start

    file = start(ident, title)
    typer.echo(f"{file} is there. Change it, and look at it with: pulse flow check {file}")


@flow_app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="The check-ins' files.", metavar="FILE...")],
    as_json: AsJson = False,
) -> None:
    """Say all that is wrong at once, with its line and how to mend it; status 1 if a file cannot be used."""
    from bot.authoring.checking import check as checked

    found = [checked(file) for file in files]
    ok = all(one.report.flow for one in found)
    if as_json:
        typer.echo(json.dumps({"ok": ok, "files": [one.record() for one in found]}, ensure_ascii=False))
    for one in found if not as_json else ():
        typer.echo("\n".join(one.lines()))
    raise typer.Exit(0 if ok else 1)


@flow_app.command()
def play(  # noqa: PLR0913  one option a setting
    file: File,
    phone: Annotated[bool, typer.Option("--phone", help="Play it on a page with a phone.")] = False,
    save: Annotated[Path | None, typer.Option(help="A file for what was played, as a story.")] = None,
    rotating: Annotated[
        str | None, typer.Option(help="The question to ask in the rotating place, by id; not on the phone.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The page's port; 0 takes a free one.")] = 8766,
    browser: Annotated[bool, typer.Option(help="Open the page in your browser.")] = True,
) -> None:
    """Answer a check-in as members will; nothing is kept but the story, if you ask for one."""
    from bot.authoring.starting import must_be_new

    if save is not None:
        must_be_new(save)  # before anything is played for nothing
    if phone:
        from bot.phone.rehearsal import serve

        serve(file, port, browser, save, typer.echo)
    else:
        _play_here(file, rotating, save)


def _play_here(file: Path, rotating: str | None, save: Path | None) -> None:
    from bot.authoring.starting import write_new
    from bot.authoring.terminal import play as played
    from flows.engine import Engine
    from flows.load import load
    from flows.plan import rotating_item
    from flows.story import write

    flow = load(file)
    engine, rotating = Engine(flow), rotating or rotating_item(flow, 1)
    events = played(engine, rotating, _answer, typer.echo)
    if save is not None and not events:
        typer.echo("\nNothing was played, so there is no story.", err=True)
    elif save is not None:
        write_new(save, write(engine, rotating, events))
        typer.echo(f"\nThe story is in {save}.")


def _answer(prompt: str) -> str | None:
    typer.echo(f"\n{prompt}", nl=False)
    return sys.stdin.readline() or None


@flow_app.command()
def draw(
    file: File,
    svg: Annotated[Path | None, typer.Option(help="A picture to write, in place of the text.", metavar="OUT")] = None,
) -> None:
    """Print the check-in as a mermaid flowchart, or write it as an SVG picture."""
    from bot.authoring.starting import must_be_new
    from flows import draw as drawing
    from flows.load import load

    flow = load(file)
    if svg is None:
        typer.echo(drawing.mermaid(flow), nl=False)
    else:
        if svg.suffix != ".svg":  # an older picture makes way, and nothing else does
            must_be_new(svg)
        svg.write_text(drawing.svg(flow), encoding="utf-8")
        typer.echo(f"{svg} is written.", err=True)


@flow_app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The version that people were asked.", metavar="OLD")],
    new_file: Annotated[Path, typer.Argument(help="The version that follows it.", metavar="NEW")],
    as_json: AsJson = False,
) -> None:
    """Say which lines of figures go on from OLD to NEW, the gravest change first."""
    from flows.diff import diff as compared
    from flows.load import load

    changes = compared(load(old), load(new_file))
    if as_json:
        told = [{"weight": c.weight.name.lower(), "question": c.question, "what": c.what} for c in changes]
        typer.echo(json.dumps({"changes": told}, ensure_ascii=False))
        return
    typer.echo("\n".join(map(str, changes)))


@flow_app.command()
def schema() -> None:
    """Print the JSON Schema of a check-in's file, for editors that complete and check."""
    from flows.schema import text

    typer.echo(text(), nl=False)


@flow_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An XLSForm spreadsheet.", metavar="FILE.xlsx")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A file to write, in place of printing.")] = None,
) -> None:
    """Make a check-in of an XLSForm spreadsheet, and list by row what could not be carried."""
    from bot.authoring.starting import write_new
    from bot.xlsform import MAX_BYTES, UNTOLD, read

    with file.open("rb") as opened:
        made = read(opened.read(MAX_BYTES + 1), file.stem)
    if out is None:
        typer.echo(made.text, nl=False)
    else:
        write_new(out, made.text)
        typer.echo(f"{out} is written. Look at it with: pulse flow check {out}", err=True)
    for left in (*made.left, UNTOLD):
        typer.echo(f"{file}: {left}", err=True)


@flow_app.command()
def publish(file: File, as_json: AsJson = False) -> None:
    """Put a check-in where rounds can ask it. This version can then never change."""
    from bot import operating
    from bot.settings import read_settings

    ref = operating.publish(read_settings(), file)
    done = f"{ref} is published. To ask it: pulse round open PARTNERSHIP --flow {ref.partition('@')[0]}"
    typer.echo(json.dumps({"flow": ref}) if as_json else done)
