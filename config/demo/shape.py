"""The shape of a store's year: when orders come, how many lines they have, who buys again.

Figures fitted to two years of a real online shop and to a consumer marketplace's sample.
"""

import math
import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

# Average month = 1.
MONTHS = (0.67, 0.703, 0.958, 0.828, 0.972, 0.971, 0.918, 0.851, 1.124, 1.327, 1.686, 0.991)
# Monday first.
WEEKDAYS = (0.1595, 0.1528, 0.1554, 0.1516, 0.1508, 0.1061, 0.1237)
HOURS = (
    *(0.024, 0.0121, 0.0051, 0.0027, 0.0021, 0.0022, 0.004, 0.0124, 0.0302, 0.0509, 0.0636),
    *(0.0698, 0.0597, 0.0687, 0.0673, 0.0602, 0.0651, 0.0621, 0.0546, 0.0595, 0.0624, 0.0635),
    *(0.0558, 0.0419),
)
# Daily counts scatter as a negative binomial of this size around their mean.
_SIZE = 29.8
# Share of the catalogue in demand falls as exp(-(rank / (count * scale)) ** shape).
_SCALE, _SHAPE = 0.0443, 0.5203
_GROWTH = 0.6  # by how much the store grew over the year


def order_times(
    rnd: random.Random, *, first: date, last: date, total: int, zone: str
) -> list[datetime]:
    """Return about `total` moments of orders between two days, oldest first."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    weights = [
        MONTHS[day.month - 1] * WEEKDAYS[day.weekday()] * (1 + _GROWTH * n / len(days))
        for n, day in enumerate(days)
    ]
    scale = total / sum(weights)
    moments = []
    tz = ZoneInfo(zone)
    for day, weight in zip(days, weights, strict=True):
        mean = rnd.gammavariate(_SIZE, weight * scale / _SIZE)
        for _ in range(_poisson(rnd, mean)):
            hour = rnd.choices(range(24), HOURS)[0]
            at = time(hour, rnd.randrange(60), rnd.randrange(60))
            moments.append(datetime.combine(day, at, tz))
    return sorted(moments)


def demand_weights(count: int) -> list[float]:
    """Return how much each of `count` goods is wanted, the favourite first."""
    return [math.exp(-((rank / (count * _SCALE)) ** _SHAPE)) + 0.002 for rank in range(count)]


def line_count(rnd: random.Random) -> int:
    """Lines of a consumer's order: mostly one to three."""
    return rnd.choices((1, 2, 3, 4, 5, 6), (46, 27, 14, 7, 4, 2))[0]


def buys_again(rnd: random.Random) -> bool:
    """Whether an order is of somebody who has bought before."""
    return rnd.random() < 0.42


def _poisson(rnd: random.Random, mean: float) -> int:
    limit, product, count = math.exp(-mean), rnd.random(), 0
    while product > limit:
        product *= rnd.random()
        count += 1
    return count
