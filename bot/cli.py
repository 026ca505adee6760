"""The operator's door: one command a verb. Everything heavy is imported where it is used."""

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from bot.authoring.commands import flow_app
from bot.schema import migrate
from bot.settings import BadSettings, read_settings
from storage.errors import StorageError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Run and tend Partnership Pulse.")  # fmt: skip
partnership_app = typer.Typer(no_args_is_help=True, help="Set up partnerships and their invite links.")
round_app = typer.Typer(no_args_is_help=True, help="Open, remind and close rounds by hand.")
app.add_typer(partnership_app, name="partnership")
app.add_typer(round_app, name="round")
audit_app = typer.Typer(no_args_is_help=True, help="What was done to this installation, by which role.")
app.add_typer(audit_app, name="audit")
keys_app = typer.Typer(no_args_is_help=True, help="Tend the keys.")
app.add_typer(keys_app, name="keys")
app.add_typer(flow_app, name="flow")

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
    complaints: Annotated[str | None, typer.Option(help="Where members complain.")] = None,
    database_url: Annotated[str | None, typer.Option(help="Where answers are kept.")] = None,
    keys_url: Annotated[str | None, typer.Option(help="Where keys are kept: never the same place.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take what is given.")] = False,
) -> None:
    """Write .env, make the key file and create the databases. What is there already is kept."""
    from bot.setup import initialise

    given = {"telegram_token": token, "operator": operator, "contact": contact, "complaints": complaints,
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
    split: Annotated[
        str, typer.Option(help="The seats compared: + joins seats, / parts groups. It cannot be changed later.")
    ] = "lived/lead+partner+frontline+commissioner",
    calendar: Annotated[
        str, typer.Option(help="year: longer check-ins through the year; pulse: the weekly pulse alone.")
    ] = "year",
    as_json: AsJson = False,
) -> None:
    """Set a partnership up and print its invite links."""
    from bot import operating

    asked = operating.Asked(name, tuple(organisation), timezone, lead, day, at, cap, split, calendar)
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


@partnership_app.command("end")
def partnership_end(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this, only say what would go and stay.")] = False,
    as_json: AsJson = False,
) -> None:
    """End a partnership: all are told, then all but its digests is deleted. It cannot be undone."""
    from bot import ending, operating

    with operating.opened(read_settings()) as store:
        value = ending.end(store, name, datetime.now(UTC)) if yes else ending.preview(store, name)
    show(value, as_json, lambda: ending.lines(value))


@round_app.command("open")
def round_open(
    name: Name,
    flow: Annotated[str | None, typer.Option(help="Which check-in; without it, what the calendar has.")] = None,
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


@round_app.command("drop")
def round_drop(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this, only say what would be lost.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give up the answers of the four weeks under way, unread and without a digest."""
    from bot import keeping

    value = keeping.drop(read_settings(), name, sure=yes)
    show(value, as_json, lambda: keeping.dropped_lines(value))


@keys_app.command("rotate")
def keys_rotate(as_json: AsJson = False) -> None:
    """Change the master key and the keys to people's addresses. Stop the bot first."""
    from bot import keeping

    value = keeping.rotate(read_settings())
    show(value, as_json, lambda: keeping.rotated_lines(value))


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
    from bot import printing

    content = printing.digest(read_settings(), name, number, form)
    if out is None:
        sys.stdout.buffer.write(content)
        return
    try:
        out.write_bytes(content)
    except OSError as exc:
        fail(f"{out} cannot be written: {exc.strerror}. Give another file with --out.")


@app.command()
def correct(
    name: Name,
    number: Annotated[int, typer.Option("--round", help="Whose digest was wrong.")],
    note: Annotated[str, typer.Option(help="What was wrong, in words and without figures.")],
    as_json: AsJson = False,
) -> None:
    """Put a note on an old digest; the next digest tells everyone."""
    from bot import printing

    value = printing.correct(read_settings(), name, number, note)
    show(value, as_json, lambda: [f"The next digest will say so about round {number}."])


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; one that is there is replaced.", metavar="FILE")],
    to: Annotated[
        str | None, typer.Option(help="The public key of age that it is encrypted for; or set PULSE_BACKUP_KEY.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write who takes part (sealed) and the digests into one encrypted file. It holds no answers and no keys."""
    from bot import backing

    value = backing.backup(read_settings(), file, to, datetime.now(UTC))
    show(value, as_json, lambda: backing.backup_lines(value))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `pulse backup` wrote.", metavar="FILE")],
    identity: Annotated[Path, typer.Option(help="The file with the secret key of age that opens it.")],
    as_json: AsJson = False,
) -> None:
    """Put a backup into an empty database, beside the key store and key file that it was made with."""
    from bot import backing

    value = backing.restore(read_settings(), file, identity, datetime.now(UTC))
    show(value, as_json, lambda: backing.restore_lines(value))


@audit_app.command("verify")
def audit_verify(as_json: AsJson = False) -> None:
    """Check that nothing in the audit log was altered, taken out or put in; status 1 if something was."""
    from bot import auditing

    value = auditing.verify(read_settings())
    if value["broken"] and not as_json:
        fail(auditing.verify_lines(value)[0])
    show(value, as_json, lambda: auditing.verify_lines(value))
    raise typer.Exit(1 if value["broken"] else 0)


@audit_app.command("show")
def audit_show(as_json: AsJson = False) -> None:
    """Print the audit log, the oldest entry first."""
    from bot import auditing

    value = auditing.showing(read_settings())
    show(value, as_json, lambda: auditing.showing_lines(value))


@app.command()
def breach(
    files: Annotated[
        list[Path] | None, typer.Argument(help="The files that got out.", metavar="FILE...", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what files that got out hold, what to do, and what to tell members; without a file, what is kept where."""
    from bot import breach as breaches

    value = breaches.examined(files) if files else breaches.overview(read_settings())
    lines = breaches.examined_lines if files else breaches.overview_lines
    show(value, as_json, lambda: lines(value))


if __name__ == "__main__":
    main()
