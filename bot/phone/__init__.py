"""The browser phone: the same conversation on a local page, with nothing of Telegram.

`phones.py` is the channel, `stage.py` what every page stands on, `server.py` the page's routes. On a stage play
`demo.py`, a made-up partnership, and `rehearsal.py`, one check-in as its author wrote it.
"""
