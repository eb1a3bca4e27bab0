"""Live games: found on the scoreboard, followed by a poller each, told to whoever subscribed.

``discover`` finds them, ``follow`` polls one, ``pace`` says when to look again, ``update`` turns new
documents into stored plays, clutch tables and events.
"""
