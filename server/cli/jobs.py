"""``poise jobs``: the job ledger, read and replayed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import msgspec
import typer

from server.cli.output import Format, FormatOption, console, fail, notices, print_json, render
from server.cli.session import DataOption, reading
from server.cli.work import carry_out

__all__ = ["register"]

jobs = typer.Typer(help="The job ledger.", no_args_is_help=True)

COLUMNS = ("id", "kind", "state", "attempts", "progress", "created_at", "finished_at")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(jobs, name="jobs")


@jobs.command("list")
def list_(
    state: Annotated[
        str | None, typer.Option(help="queued, running, succeeded, dead (failed for good) or cancelled.")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Such as games.import or live.poll.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List jobs, newest first."""
    from storage import ledger

    if state is not None and state not in ledger.STATES:
        raise fail(f"no state is called {state!r}", hint=f"there are: {', '.join(ledger.STATES)}")
    page = reading(data, lambda: ledger.list_jobs(state=state, kind=kind, limit=limit))
    rows = [
        {
            "id": str(job.id),
            "kind": job.kind,
            "state": job.state,
            "attempts": f"{job.attempts}/{job.max_attempts}",
            "progress": f"{job.progress_done}/{job.progress_total}" if job.progress_total else "",
            "created_at": job.created_at,
            "finished_at": job.finished_at,
        }
        for job in page.jobs
    ]
    render(rows, COLUMNS, format)
    if page.next_cursor:
        notices.print(f"only the newest {limit} are shown; --limit shows more")


@jobs.command("show")
def show(job_id: UUID, data: DataOption = None, format: FormatOption = Format.TABLE) -> None:
    """Show one job: arguments, progress, result, what it rejected, and the traceback if it failed."""
    from storage import ledger

    detail = reading(data, lambda: ledger.show(job_id))
    if detail is None:
        raise fail(f"there is no job {job_id}", hint="poise jobs list shows them")
    if format is Format.JSON:
        print_json(
            {
                **asdict(detail.job),
                "rejections": [msgspec.structs.asdict(one) for one in detail.rejections],
                "rejection_count": detail.rejection_count,
            }
        )
        return
    job = asdict(detail.job)
    render(
        [{"field": name, "value": value} for name, value in job.items() if name != "error"],
        ("field", "value"),
        format,
    )
    for rejection in detail.rejections:
        where = ":".join(str(part) for part in (rejection.file, rejection.row, rejection.field) if part)
        console.print(f"rejected {where}: {rejection.reason}", highlight=False, markup=False)
    if detail.rejection_count > len(detail.rejections):
        console.print(f"… and {detail.rejection_count - len(detail.rejections)} more")
    if detail.job.error:
        console.print(detail.job.error, highlight=False, markup=False)


@jobs.command("retry")
def retry(job_id: UUID, data: DataOption = None) -> None:
    """Queue a dead or cancelled job again, with all its attempts before it."""
    from storage import ledger

    async def order() -> ledger.Job:
        try:
            return await ledger.retry(job_id)
        except ledger.LedgerError as error:
            raise fail(str(error)) from error

    job = carry_out(data, order, "retrying")
    notices.print(f"job {job.id} {job.state}", highlight=False)
