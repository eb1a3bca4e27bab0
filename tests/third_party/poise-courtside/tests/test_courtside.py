from pathlib import Path

from poise_courtside import CourtsideAdapter

from poise_sdk.testing.suite import adapter_suite

SAMPLES = Path(__file__).parent / "samples"

TestCourtside = adapter_suite(
    CourtsideAdapter,
    samples=SAMPLES,
    game_id="C-17",
    routes={
        "/games/C-17": SAMPLES / "game_C-17.json",
        "/today": SAMPLES / "today.json",
        "/days/{day}": SAMPLES / "today.json",
    },
)
