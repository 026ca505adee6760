"""The operator's door: one command a verb. Everything heavy is imported where it is used."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from bot.schema import migrate
from bot.settings import BadSettings, read_settings
from storage.errors import StorageError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Run and tend Partnership Pulse.")  # fmt: skip
partnership_app = typer.Typer(no_args_is_help=True, help="Set up partnerships and their invite links.")
round_app = typer.Typer(no_args_is_help=True, help="Open, remind and close rounds by hand.")
app.add_typer(partnership_app, name="partnership")
app.add_typer(round_app, name="round")

Name = Annotated[str, typer.Argument(help="The partnership's id or name.", metavar="PARTNERSHIP")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def main() -> NoReturn:
    """Run one command; expected trouble becomes a sentence on standard error and a non-zero status."""
    from flows.errors import FlowsError

    os.umask(0o077)  # databases and key file are for their owner alone
    try:
        app()
    except (BadSettings, StorageError, FlowsError) as exc:
        fail(str(exc))
    except OSError as exc:
        fail(f"{exc.filename or 'A file'}: {exc.strerror}. Check that its folder is there and open to you.")
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0)


def fail(message: str) -> NoReturn:
    """Say what is wrong and end with status 1."""
    typer.echo(message, err=True)
    sys.exit(1)


def say_aside(line: str) -> None:
    """Tell a person something that is no part of the result."""
    typer.echo(line, err=True)


def show(value: dict[str, Any], as_json: bool, lines: Callable[[], list[str]]) -> None:
    """Print a result, for a script or for a person."""
    typer.echo(json.dumps(value, ensure_ascii=False) if as_json else "\n".join(lines()))


@app.command()
def init(  # noqa: PLR0913  one option a setting
    token: Annotated[str | None, typer.Option(help="The bot's token, from @BotFather.")] = None,
    operator: Annotated[str | None, typer.Option(help="Who runs this bot, as members read it.")] = None,
    contact: Annotated[str | None, typer.Option(help="How members reach them.")] = None,
    database_url: Annotated[str | None, typer.Option(help="Where answers are kept.")] = None,
    keys_url: Annotated[str | None, typer.Option(help="Where keys are kept: never the same place.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take what is given.")] = False,
) -> None:
    """Write .env, make the key file and create the databases. What is there already is kept."""
    from bot.setup import initialise

    given = {"telegram_token": token, "operator": operator, "contact": contact,
             "database_url": database_url, "keys_url": keys_url}  # fmt: skip
    for line in initialise(given, ask=not yes and sys.stdin.isatty()):
        typer.echo(line)


@app.command()
def run() -> None:
    """Serve Telegram until told to stop (SIGTERM drains and ends with 0)."""
    settings = read_settings()
    settings.must_serve()
    migrate(settings)
    # A fresh image of the same process: what this command line and the migrations loaded is not carried along.
    os.execv(sys.executable, [sys.executable, "-m", "bot.app"])  # noqa: S606  our own module


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check all that the bot needs, each with what to do; non-zero if it could not serve."""
    from bot.doctor import examine

    findings = examine()
    for finding in findings if not as_json else ():
        typer.echo(f"{'ok ' if finding.ok else 'BAD'}  {finding.what}: {finding.said}")
    if as_json:
        typer.echo(json.dumps({"ok": all(f.ok for f in findings), "findings": [f.record() for f in findings]}))
    raise typer.Exit(0 if all(f.ok for f in findings) else 1)


@app.command()
def demo(
    script: Annotated[
        bool, typer.Option("--script", help="Play one week without a browser and print its digest.")
    ] = False,
    port: Annotated[int, typer.Option(help="The page's port; 0 takes a free one.")] = 8765,
    browser: Annotated[bool, typer.Option(help="Open the page in your browser.")] = True,
) -> None:
    """Show the whole product with a made-up partnership: no token, no server, nothing kept."""
    from bot.phone.show import play_script, serve_page

    if script:
        typer.echo(play_script(lambda line: typer.echo(line, err=True)))
    else:
        serve_page(port, browser, typer.echo)


@partnership_app.command("create")
def partnership_create(  # noqa: PLR0913  one option a setting
    name: Annotated[str, typer.Argument(help="What members call it.")],
    organisation: Annotated[list[str], typer.Option(help="A partner; once for each.")],
    timezone: Annotated[str, typer.Option(help="Such as Europe/London.")] = "Europe/London",
    lead: Annotated[str | None, typer.Option(help="The lead partner, if there is one.")] = None,
    day: Annotated[str, typer.Option(help="The day a round opens.")] = "friday",
    at: Annotated[str, typer.Option(help="The local time a round opens, HH:MM.")] = "10:00",
    cap: Annotated[int, typer.Option(min=1, max=10_000, help="How many people the member link lets in.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Set a partnership up and print its invite links."""
    from bot import operating

    asked = operating.Asked(name, tuple(organisation), timezone, lead, day, at, cap)
    value = operating.create(read_settings(), asked, say_aside)
    show(value, as_json, lambda: operating.created_lines(value))


@partnership_app.command("list")
def partnership_list(as_json: AsJson = False) -> None:
    """List every partnership."""
    from bot import operating

    value = operating.listing(read_settings())
    show(value, as_json, lambda: operating.listing_lines(value))


@partnership_app.command("show")
def partnership_show(name: Name, as_json: AsJson = False) -> None:
    """Show one partnership; who has joined only in steps of five."""
    from bot import operating

    value = operating.showing(read_settings(), name)
    show(value, as_json, lambda: operating.showing_lines(value))


@partnership_app.command("link")
def partnership_link(
    name: Name,
    coordinator: Annotated[bool, typer.Option("--coordinator", help="For one coordinator, within 24 hours.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new invite link; a new member link ends the one before it."""
    from bot import operating

    value = operating.link(read_settings(), name, "coordinator" if coordinator else "member", say_aside)
    show(value, as_json, lambda: [value["link"]])


@round_app.command("open")
def round_open(
    name: Name,
    flow: Annotated[str, typer.Option(help="Which check-in.")] = "weekly-pulse",
    as_json: AsJson = False,
) -> None:
    """Open a round now; a running bot sends the prompts."""
    from bot import operating

    value = operating.open_round(read_settings(), name, flow)
    show(value, as_json, lambda: operating.round_lines(value))


@round_app.command("remind")
def round_remind(name: Name, as_json: AsJson = False) -> None:
    """Send the reminder now; whoever had it gets no second one."""
    from bot import operating

    value = operating.remind(read_settings(), name)
    show(value, as_json, lambda: operating.round_lines(value))


@round_app.command("close")
def round_close(name: Name, as_json: AsJson = False) -> None:
    """Close the open round: freeze its digest and send it."""
    from bot import operating

    value = operating.close(read_settings(), name)
    show(value, as_json, lambda: operating.round_lines(value))


@app.command()
def digest(
    name: Name,
    number: Annotated[
        int | None, typer.Option("--round", help="Which round; the last closed one if not given.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="text, html, json, csv or png.")] = "text",
    out: Annotated[Path | None, typer.Option(help="A file to write instead of standard output.")] = None,
) -> None:
    """Print a frozen digest."""
    from bot import operating

    content = operating.digest(read_settings(), name, number, form)
    if out is None:
        sys.stdout.buffer.write(content)
        return
    try:
        out.write_bytes(content)
    except OSError as exc:
        fail(f"{out} cannot be written: {exc.strerror}. Give another file with --out.")


if __name__ == "__main__":
    main()
