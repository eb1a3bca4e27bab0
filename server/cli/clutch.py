"""``poise clutch``: the league's table, the leaderboard, one player, one game."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from server.cli.output import Format, FormatOption, fail, notices, render
from server.cli.session import DataOption, reading

__all__ = ["register"]

clutch = typer.Typer(help="How teams and players do when the game is close.", no_args_is_help=True)

Row = dict[str, Any]

STATS = ("GP", "MIN", "FGM", "FGA", "FG3M", "FG3A", "FTM", "FTA", "OREB", "DREB", "REB", "AST", "TOV")
#: Players named where a name fits several.
CANDIDATES = 8
MORE_STATS = ("STL", "BLK", "PF", "PTS", "PLUS_MINUS")


class By(StrEnum):
    """Whose totals a table holds."""

    TEAM = "team"
    PLAYER = "player"


SeasonOption = Annotated[str | None, typer.Option("--season", help="Such as 2024-25. Default: the latest.")]
TypeOption = Annotated[
    str, typer.Option("--season-type", help="regular, playoffs, play_in, cup_final, preseason or all_star.")
]
DefinitionOption = Annotated[str, typer.Option("--definition", help="What counts as clutch.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(clutch, name="clutch")


@clutch.command("table")
def table(
    season: SeasonOption = None,
    by: Annotated[By, typer.Option(help="Totals by team or by player.")] = By.TEAM,
    season_type: TypeOption = "regular",
    definition: DefinitionOption = "league",
    names: Annotated[bool, typer.Option("--names", help="Add a column with names.")] = False,
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Print the clutch table with the league's own column names; MIN is minutes."""
    from storage.reads import clutch as read

    who = f"{by.value.upper()}_ID"

    async def question() -> list[Row]:
        key = await _season(season, season_type, definition)
        found = await (read.team_table if by is By.TEAM else read.player_table)(key)
        return await _named(found, who, by) if names or format is Format.TABLE else found

    rows = reading(data, question)
    naming = ("NAME",) if names or format is Format.TABLE else ()
    render(rows, (who, *naming, *STATS, *MORE_STATS), format)


@clutch.command("leaders")
def leaders(
    season: SeasonOption = None,
    season_type: TypeOption = "regular",
    definition: DefinitionOption = "league",
    top: Annotated[int, typer.Option(min=1, max=1000, help="How many players.")] = 25,
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Print the leaderboard by mean clutch score.

    Clutch skill is mostly noise: a season's board tells who did well, hardly who will.
    """
    from storage.reads import clutch as read

    async def question() -> list[Row]:
        found = await read.leaders_page(await _season(season, season_type, definition), limit=top)
        return await _named(found, "player_id", By.PLAYER)

    columns = ("rank", "player_id", "NAME", "games", "minutes", "pts", "poe", "score_mean", "percentile")
    rows = [{**row, "minutes": row["seconds"] / 60} for row in reading(data, question)]
    render(rows, columns, format)


@clutch.command("player")
def player(
    who: Annotated[str, typer.Argument(help="A player's id, or a part of the name.")],
    season: Annotated[str | None, typer.Option("--season", help="Only this season.")] = None,
    definition: DefinitionOption = "league",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Print a player's clutch games, newest first."""
    from storage.reads import clutch as read
    from storage.reads.people import find_players

    async def question() -> list[Row]:
        found = await find_players(who)
        if not found:
            raise fail(
                f"no player is called {who!r}", hint="poise clutch table --by player --names lists them"
            )
        exact = [one for one in found if str(one["id"]) == who or (one["name"] or "").lower() == who.lower()]
        if len(found) > 1 and len(exact) != 1:
            candidates = ", ".join(f"{one['name']} ({one['id']})" for one in found[:CANDIDATES])
            more = f" and {len(found) - CANDIDATES} more" if len(found) > CANDIDATES else ""
            raise fail(f"{who!r} fits several players", hint=f"say the id: {candidates}{more}")
        chosen = (exact or found)[0]
        notices.print(f"{chosen['name']} ({chosen['id']})", highlight=False)
        return await read.player_timeline(chosen["id"], season=season, definition_id=definition, limit=limit)

    columns = (
        "game_id",
        "tipoff_at",
        "seconds",
        "pts",
        "fgm",
        "fga",
        "ftm",
        "fta",
        "ast",
        "tov",
        "plus_minus",
    )
    render(reading(data, question), (*columns, "expected_points", "poe", "score", "percentile"), format)


@clutch.command("situations")
def situations(
    game_id: Annotated[str, typer.Argument(help="Such as 0022400001.")],
    definition: DefinitionOption = "league",
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Print the unbroken clutch stretches of one game; margins are home minus away."""
    from storage.reads import clutch as read
    from storage.reads.games import games_by_ids

    async def question() -> list[Row]:
        if game_id not in await games_by_ids([game_id]):
            raise fail(f"there is no game {game_id}", hint="import it first: poise import nba PATH")
        return (await read.situations_by_games([game_id], definition))[game_id]

    columns = ("number", "start_period", "start_clock_s", "end_period", "end_clock_s", "start_margin")
    found = reading(data, question)
    if not found:
        notices.print(f"game {game_id} had no clutch time under {definition!r}", highlight=False)
    render(found, (*columns, "end_margin", "home_points", "away_points", "plays"), format)


async def _season(season: str | None, season_type: str, definition: str) -> Any:
    """The season asked for, or the latest stored; says what there is where it cannot be found."""
    from storage.reads.clutch import SeasonKey, definitions
    from storage.reads.games import seasons

    known = [row["id"] for row in await definitions()]
    if definition not in known:
        raise fail(f"no clutch definition is called {definition!r}", hint=f"there are: {', '.join(known)}")
    stored = await seasons()
    if not stored:
        raise fail("no games are stored yet", hint="poise import nba PATH, or poise simulate league DIR")
    chosen = season or next((one["season"] for one in stored if one["season_type"] == season_type), None)
    if not any(one["season"] == chosen and one["season_type"] == season_type for one in stored):
        have = ", ".join(f"{one['season']} {one['season_type']}" for one in stored)
        raise fail(f"no {season_type} games of {season or 'any season'} are stored", hint=f"stored: {have}")
    return SeasonKey(str(chosen), season_type, definition)


async def _named(rows: list[Row], column: str, by: By) -> list[Row]:
    """The rows with the column ``NAME``."""
    from storage.reads.games import players_by_ids, teams_by_ids

    ids = [row[column] for row in rows]
    found = await (teams_by_ids if by is By.TEAM else players_by_ids)(ids)

    def name(who: int) -> str:
        row = found.get(who, {})
        parts = (row.get("city"), row.get("name"))
        return " ".join(part for part in parts if part) or str(who)

    return [{**row, "NAME": name(row[column])} for row in rows]
