"""Conversations as data, walked by one pure function; nothing here knows a network, a clock or chance.

A `Flow` is a check-in as its author wrote it: themes, scales, questions, and when each is shown. It is
read once from a file (`load`), with what it takes from the file that all flows share, checked, and never
changes after that. `snapshot` keeps a published one as one text; `migrations` reads what older formats say.

A `Run` is one member's place in one flow: the state, the turn, the answers so far. It is a value; a step
makes a new one.

An `Event` is all the engine ever hears of the world: the check-in was opened, a button was tapped, words
were written.

An `Effect` is all it ever asks of the world: show this question, say it is saved, say why a reply did not
fit.

An `Answer` is what a reply comes to once it has been read: a move, and a code to keep.

The one verb is `step`: `engine.step(run, event) -> (run, effects)`. It takes any event in any state and
never fails on a person's mistake. Around it: `plan` says which check-in and which item a round asks, `schedule`
when, `doubts` what an author should look at again, `minutes` how long it takes, and `reading` how hard a
text is to read.
"""
