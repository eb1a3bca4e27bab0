"""The API process: GraphQL, live fan-out, and on the top floor the command line."""
