"""An intruder against our own digests: made-up partnerships, everything a member could know, and what it proves.

Read in the order of the work. `world` makes a partnership up and lets the product close its rounds. `sight`
writes down what one whole organisation sees of it, as a `problem`: unknown scores and sums of them. `pins` is
the intruder: it proves that an unknown can have one value only. `doubt` is the defender: it finds another
world that would have given the very same digests. What neither settles counts against us. `weaker` takes
rules away, to show that the intruder is no fool, and `report` counts, prints and judges.
"""
