"""``poise train``: models fitted anew on what is stored, with an honest account of what they are worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.cli.output import Format, FormatOption, console, notices, print_json, render
from server.cli.session import DataOption
from server.cli.work import carry_out

if TYPE_CHECKING:
    from storage.ledger import Job

__all__ = ["register"]

train = typer.Typer(help="Fit models on the stored games.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(train, name="train")


@train.callback()
def family() -> None:
    """Fit models on the stored games."""


@train.command("expected-points")
def expected_points(
    out: Annotated[Path, typer.Option("--out", help="Where to write the model.")] = Path(
        "expected_points.json"
    ),
    league: Annotated[str, typer.Option(help="NBA, WNBA or G League.")] = "NBA",
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Fit expected points; the latest season is held out and judges the model against naive baselines."""
    from storage import ledger

    async def order() -> Job:
        return await ledger.enqueue(
            "models.train_expected_points", {"league": league}, key=f"train:expected-points:{league}"
        )

    result: dict[str, Any] = carry_out(data, order, "training").result or {}
    out.write_text(result["artefact"])
    report = result["report"]
    if format is Format.JSON:
        print_json(report)
    else:
        notices.print(
            f"fitted on {', '.join(report['trained_on'])} ({report['train_games']:,} games), "
            f"judged on {', '.join(report['tested_on'])} ({report['test_games']:,} games)",
            highlight=False,
        )
        rows = [
            {"attempts": part, "forecaster": name}
            | {
                score: f"{value:.4f}" if isinstance(value, float) else value
                for score, value in scores.items()
            }
            for part, forecasters in report["quality"].items()
            for name, scores in forecasters.items()
        ]
        render(rows, tuple(rows[0]), format)
        if format is Format.TABLE:
            console.print(f"distances used: {'yes' if report['distance_used'] else 'no'}", highlight=False)
    notices.print(f"wrote {out}", highlight=False)
