"""poise-sdk: everything a third party needs to write an adapter for Poise."""
