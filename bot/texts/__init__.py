"""The translator's door: what there is to translate, as files that go out, are filled in, and come back.

`found.py` finds every text in the code and the check-ins, `files.py` writes and reads the files, `checks.py` says
what is wrong with a translation, `keeping.py` keeps what came back, `commands.py` is the command line.
"""
