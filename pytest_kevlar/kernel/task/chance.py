"""The schedule that a seed chooses: when a task is preempted, and who is next.

Linux promises neither, and a program that needs one or the other has a race. Only what Linux
leaves open is drawn here: who waits for what, and whom a wake-up is for, is not. Whole numbers
alone are used, so that a seed means the same schedule on every host.
"""

from __future__ import annotations

import random

#: The longest slice of a schedule is at least 2 ** SHORTEST steps, and at most 2 ** LONGEST.
SHORTEST, LONGEST = 1, 18
#: Slices after which the longest one doubles, so that no schedule takes for ever.
PATIENCE = 2048


class Schedule:
    """Draws one schedule.

    How often tasks are preempted differs from seed to seed, and the lengths of slices within
    a schedule are spread over all magnitudes: a race of two neighbouring blocks is found, and
    so is one that needs a task to run for long while the other stands.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"schedule {seed}")
        self._magnitudes = self._random.randint(SHORTEST, LONGEST)
        self._slices = 0

    def slice(self) -> int:
        """Steps, at least one, until another task may be chosen."""
        self._slices += 1
        if self._slices % PATIENCE == 0 and self._magnitudes < LONGEST:
            self._magnitudes += 1
        magnitude = self._random.randrange(self._magnitudes)
        return 1 << magnitude | self._random.getrandbits(magnitude)

    def pick(self, count: int) -> int:
        """Which one of `count` tasks that can run is next."""
        return self._random.randrange(count)
