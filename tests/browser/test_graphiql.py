"""GraphiQL in a real browser: a query, a subscription, an update on the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import ConsoleMessage, Page, async_playwright, expect

from server.settings import ServerSettings
from tests.browser import install
from tests.server import world
from tests.server.conftest import Running, own_home, running

pytestmark = pytest.mark.browser

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SUBSCRIPTION = f'subscription Follow {{ gameUpdates(gameId: "{world.LIVE}") {{ sequence homeScore }} }}'


home = pytest.fixture(own_home)


@pytest.fixture
async def server(home: str, redis_url: str) -> AsyncIterator[Running]:
    async with running(ServerSettings(database_url=home, redis_url=redis_url, port=0)) as made:
        yield made


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    browser = install.find()
    if browser is None:
        pytest.skip(f"no Chromium: run python {install.__file__}, or set POISE_CHROMIUM")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=browser.program, args=FLAGS, env=dict(browser.environment)
        )
        page = await chromium.new_page(viewport={"width": 1280, "height": 800})
        yield page
        await chromium.close()


async def write(page: Page, text: str, name: str) -> None:
    """Replace the query in the editor, and wait until GraphiQL has understood the new one."""
    editor = "document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror"
    await page.evaluate(f"text => {editor}.setValue(text)", text)
    await page.wait_for_function(f"name => {editor}.operationName === name", arg=name)


async def test_a_browser_queries_and_follows_a_game_without_leaving_this_server(
    server: Running, page: Page, home: str, redis_url: str
):
    complaints: list[str] = []
    hosts: set[str] = set()

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2] if "//" in request.url else ""))
    await page.goto(server.url)
    result = page.locator(".result-window")
    await page.locator(".graphiql-query-editor .CodeMirror").wait_for()

    await page.locator(".graphiql-execute-button").click()
    await expect(result).to_contain_text("Herons")

    await write(page, SUBSCRIPTION, "Follow")
    await page.locator(".graphiql-execute-button").click()
    await expect(result).to_contain_text('"sequence": 1')
    await world.Feed(home, redis_url).game(27)
    await expect(result).to_contain_text('"homeScore": 54')
    await expect(result).to_contain_text('"sequence": 2')

    await page.locator('button[aria-label="Show Documentation Explorer"]').click()
    await expect(page.locator(".graphiql-doc-explorer")).to_contain_text("ClutchUpdate")

    assert complaints == []
    assert hosts <= {f"127.0.0.1:{server.port}", ""}
