"""``poise watch``: subscribes to a live game as any client would, and prints what happens."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import orjson
import typer
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from server.cli.output import Format, FormatOption, console, fail, notices
from server.cli.session import DataOption, settings_for

__all__ = ["CLUTCH_UPDATES", "LIVE_GAMES", "watch"]

LIVE_GAMES: Final = """
query LiveGames { games(status: LIVE, first: 10) { nodes { id } } }
"""

CLUTCH_UPDATES: Final = """
subscription ClutchUpdates($gameId: ID!, $after: String) {
  clutchUpdates(gameId: $gameId, after: $after) {
    sequence cursor snapshot active period clockS homeScore awayScore sourceLagMs ownLagMs
    players { player { name } pts score poe }
  }
}
"""

#: How often to ask whether a game is live, and how soon to come back after a cut.
LOOK_S: Final = 1.0
#: Of the players whose line changed, so many are printed, the best first; JSON has them all.
SHOWN_PLAYERS: Final = 3


def watch(
    game_id: Annotated[str | None, typer.Argument(help="The game; default: the first that is live.")] = None,
    url: Annotated[
        str | None, typer.Option(help="The server; default: the running one of the data folder.")
    ] = None,
    count: Annotated[int, typer.Option(min=0, help="Stop after so many updates; 0: never.")] = 0,
    data: DataOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Subscribe to a game's clutch updates and print them; comes back after a cut without missing any."""
    address = url or _address(data)
    try:
        asyncio.run(_watch(address, game_id, count, format))
    except httpx.HTTPError as error:
        raise fail(f"{address} does not answer ({error})", hint="start it: poise up") from error


def _address(data: Path | None) -> str:
    from server.cli.processes import ADDRESS_FILE

    file = settings_for(data).data / ADDRESS_FILE
    if not file.exists():
        raise fail("no server is running on this data folder", hint="poise up, make demo, or --url URL")
    return file.read_text().strip()


async def _watch(address: str, game_id: str | None, count: int, format: Format) -> None:
    seen = 0
    cursor: str | None = None
    chosen = game_id or await _live_game(address)
    while True:
        socket_url = address.replace("http", "ws", 1)
        try:
            async with connect(socket_url, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]  # its own NewType of str
                await socket.send(orjson.dumps({"type": "connection_init"}).decode())
                variables = {"gameId": chosen, "after": cursor}
                payload = {"query": CLUTCH_UPDATES, "variables": variables}
                message = {"id": "1", "type": "subscribe", "payload": payload}
                async for text in socket:
                    said = orjson.loads(text)
                    if said["type"] == "connection_ack":
                        await socket.send(orjson.dumps(message).decode())
                    elif said["type"] == "ping":
                        await socket.send('{"type":"pong"}')
                    elif said["type"] == "error":
                        raise fail("; ".join(one["message"] for one in said["payload"]))
                    elif said["type"] == "next":
                        update = said["payload"]["data"]["clutchUpdates"]
                        cursor = update["cursor"]
                        _show(update, format)
                        seen += 1
                        if count and seen >= count:
                            return
                    elif said["type"] == "complete":
                        return
        except (ConnectionClosed, InvalidHandshake, OSError) as error:
            notices.print(f"cut off ({type(error).__name__}); coming back", highlight=False)
            await asyncio.sleep(LOOK_S)


async def _live_game(address: str) -> str:
    """The id of a live game, waiting for one."""
    waiting = False
    async with httpx.AsyncClient(timeout=10.0) as client:
        while True:
            answer = await client.post(address, json={"query": LIVE_GAMES})
            answer.raise_for_status()
            nodes = answer.json()["data"]["games"]["nodes"]
            if nodes:
                return str(nodes[0]["id"])
            if not waiting:
                notices.print("no game is live yet; waiting for one")
                waiting = True
            await asyncio.sleep(LOOK_S)


def _show(update: dict[str, Any], format: Format) -> None:
    if format is Format.JSON:
        sys.stdout.write(orjson.dumps(update).decode() + "\n")
        sys.stdout.flush()
        return
    if update["period"] is None:
        console.print("following; the game has not been close late yet")
        return
    minutes, seconds = divmod(update["clockS"] or 0, 60)
    state = "[bold red]clutch[/]" if update["active"] else "calm"
    scored = [line for line in update["players"] if line["score"] is not None]
    best = sorted(scored, key=lambda line: -line["score"])[:SHOWN_PLAYERS]
    players = ", ".join(
        f"{one['player']['name']} {one['pts']} pts (score {one['score']:.0f})" for one in best
    )
    console.print(
        f"#{update['sequence']:<5} Q{update['period']} {int(minutes):02d}:{seconds:04.1f}  "
        f"{update['homeScore']}–{update['awayScore']}  {state}  {players}",
        highlight=False,
        soft_wrap=True,
    )
