"""What is kept: models, migrations, bulk writes, frames, the archive, the ledger, events, embedded servers."""
