"""Keeping wearables fresh: asked on a plan, told by webhooks, fetched back to the first day.

Pure: ``plan`` (how often what is asked for) on ``clocks`` (whose turn it is when), ``spans`` (which times to
ask for). ``due`` reads who is due, ``session`` opens a vendor's client and renews its tokens, ``translate``
and ``intake`` turn pages into rows, ``turns`` keeps two from fetching the same, ``telling`` tells, ``work``
joins them and decides what a failure means. The jobs: ``run`` (one type of one connection), ``backfill`` (its
history), ``webhooks`` (what vendors announced), ``schedule``, ``subscriptions`` and ``revoke``.
"""
