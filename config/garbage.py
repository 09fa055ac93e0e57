"""The garbage collector of a web process, told what it need not look at."""

import gc

# Containers made and not yet freed before a round: a list of fifty orders makes some hundreds,
# and by the default of 700 every answer would pay for a round or two that find nothing.
_YOUNG = 10_000


def settle() -> None:
    """Call once when the application is loaded.

    What was loaded stays to the end: left out of the rounds, a full one takes next to no time
    instead of a tenth of a second in the middle of somebody's answer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
