"""What is done in the background: thin jobs that load, call analytics or an adapter, store, publish."""
