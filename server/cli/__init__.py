"""The command line, top floor of the house: it may reach every room below."""
