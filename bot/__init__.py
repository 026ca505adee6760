"""The edges and the wiring; everything a person or an operator can touch.

A tap's path: a channel (`telegram/`, `phone/`) translates it into an `Inbound`; `intake.py` puts what arrives
together into one transaction; `converse.py` steps the check-in and commits; the channel draws the screen.

What time brings takes the other road: `rounds.py` does what is due, `queue.py` carries one durable job per member,
`sends.py` claims, sends, and marks each message.

`app.py` builds all of it once. `cli.py` is the operator's door.
"""
