"""``poise up``, ``server`` and ``worker``: the long-running processes. ``poise demo`` is beside them."""

from __future__ import annotations

import logging
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.logging import RichHandler

from server.cli import demo
from server.cli.output import fail, notices
from server.cli.session import DataOption, endpoints, settings_for

if TYPE_CHECKING:
    from storage.embedded.supervisor import Program
    from storage.settings import Settings

__all__ = ["announce", "register", "set_up_logging", "supervise"]

PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free port.")]

#: The file in the data folder that says where the running server is.
ADDRESS_FILE = "server.url"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("up")(up)
    app.command("demo")(demo.demo)
    app.command("server")(server)
    app.command("worker")(worker)


def up(port: PortOption = 0, data: DataOption = None) -> None:
    """Start everything on this machine: database, queue, worker, server. Ctrl-C ends it."""
    settings = settings_for(data)
    set_up_logging(settings.log_level)
    raise typer.Exit(supervise(settings, port))


def server(
    port: Annotated[
        int, typer.Option("--port", envvar="POISE_PORT", min=0, max=65535, help="0: any free port.")
    ] = 8000,
    host: Annotated[str, typer.Option("--host", envvar="POISE_HOST", help="Where to listen.")] = "127.0.0.1",
    allow_anonymous: Annotated[
        bool,
        typer.Option(
            "--allow-anonymous",
            envvar="POISE_ALLOW_ANONYMOUS",
            help="Serve whoever can reach the port: there are no accounts yet.",
        ),
    ] = False,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Do the worker's work in this process too.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Start one API server. It listens on loopback unless --allow-anonymous says that strangers may come."""
    from server.cli.serving import serve
    from server.settings import PublicBindError

    settings = settings_for(data)
    set_up_logging(settings.log_level)
    with endpoints(data) as found:
        try:
            serve(
                settings,
                found,
                host=host,
                port=port,
                allow_anonymous=allow_anonymous,
                with_worker=with_worker,
            )
        except PublicBindError as error:
            raise fail(str(error)) from error


def worker(data: DataOption = None) -> None:
    """Start one worker. POISE_LIVE names the game feeds whose live games it follows."""
    from server.cli.serving import run_worker_process

    settings = settings_for(data)
    set_up_logging(settings.log_level)
    with endpoints(data) as found:
        run_worker_process(settings, found)


def supervise(settings: Settings, port: int, extra: tuple[Program, ...] = ()) -> int:
    """Run database, queue, server, worker and ``extra`` programs until told to stop; the exit code."""
    from pydantic import SecretStr

    from storage.embedded.accounts import server_account
    from storage.embedded.binaries import NoRedisBinary, redis_binary
    from storage.embedded.ports import free_port
    from storage.embedded.redis import IN_PROCESS_URL
    from storage.embedded.supervisor import Program, Supervisor

    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    serving = [*_poise("server"), "--port", str(port)]
    working: tuple[Program, ...] = (Program("worker", _poise("worker")),)
    if settings.redis_url is None:
        try:
            redis_binary(server_account())
        except NoRedisBinary as error:
            notices.print(f"[yellow]no Redis here[/] ({error}); server and worker share one process")
            settings = settings.model_copy(update={"redis_url": SecretStr(IN_PROCESS_URL)})
            serving, working = [*serving, "--with-worker"], ()
    programs = (Program("server", serving, ready=lambda: _answers(url)), *working, *extra)
    try:
        return Supervisor(settings, programs).run(on_ready=lambda _: announce(settings.data, url))
    finally:
        (settings.data / ADDRESS_FILE).unlink(missing_ok=True)


def announce(data: Path, url: str) -> None:
    """Say where the server is: to people, and to commands that look for it."""
    (data / ADDRESS_FILE).write_text(f"{url}/graphql\n")
    sys.stdout.write(f"ready {url}/graphql\n")
    sys.stdout.flush()


def set_up_logging(level: str) -> None:
    """Log lines for an operator: plain where they are collected, coloured on a terminal."""
    handler: logging.Handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    if notices.is_terminal:
        handler = RichHandler(console=notices, show_path=False, markup=False)
    logging.basicConfig(level=os.environ.get("POISE_LOG_LEVEL", level), handlers=[handler], force=True)
    for chatty in ("httpx", "arq.worker", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _poise(command: str) -> list[str]:
    """The command line of one of our own commands, whatever the PATH says."""
    return [sys.executable, "-m", "server.cli", command]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:  # noqa: S310 - our own loopback URL
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
