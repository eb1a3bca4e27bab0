"""GraphQL: one folder a domain, and what all domains share."""
