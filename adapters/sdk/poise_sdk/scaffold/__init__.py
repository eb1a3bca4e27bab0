"""``poise-sdk new``: the beginning of an adapter's package, which passes its own tests."""
