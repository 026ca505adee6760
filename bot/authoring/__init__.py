"""The author's door: check, play, draw, compare, import, start and publish a check-in.

`commands.py` is the command line, `checking.py` what there is to say about a file, `terminal.py` a check-in played
without a phone, `starting.py` the file that a new check-in starts from. None of them reads anybody's answers.
"""
