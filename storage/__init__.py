"""What is kept: models, migrations, bulk writes, frames, archive, ledger, events, embedded servers."""
