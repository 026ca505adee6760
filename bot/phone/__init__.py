"""The browser phone: the same conversation on a local page, with nothing of Telegram.

`phones.py` is the channel, `demo.py` a made-up partnership with a movable clock, `server.py` the page's routes.
"""
