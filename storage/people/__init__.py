"""Athletes and their connections to vendors.

Modules: ``athletes``; ``connections`` (athlete × vendor); ``vault`` (credentials, sealed) on ``keys`` and
``sealing``; ``vendor_apps`` (the operator's registrations); ``attempts`` (consent dances under way);
``sync_states`` (how far each type of each connection is); ``webhooks`` (events received); ``circuits``
(vendors in trouble); ``ingest_tokens`` (for apps that post); ``orders`` (jobs about all this);
``zones`` (names of time zones); ``rotation`` (new keys for old secrets).

Functions are asynchronous and run on the open database (:func:`storage.connect.database`), in the
caller's transaction where one is open.
"""
