"""When the next report is due."""

import math


def next_due(start, interval, now):
    """The first multiple of the interval after `now`, counted from `start`: a slow report shifts none of the later."""
    return start + (math.floor((now - start) / interval) + 1) * interval
