"""What protocols demand of plain HTTP: consent's redirects, webhooks, streams of large files.

Everything else is GraphQL. These answer in plain words or small JSON: ``{"error": {"code", "message"}}``.
"""
