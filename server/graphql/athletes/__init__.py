"""Athletes: people with a body, whose data this is all about."""
