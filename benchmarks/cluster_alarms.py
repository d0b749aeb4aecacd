"""How often the check for clusters cries wolf in a quiet season, and what it finds when something is the matter.

    python -m benchmarks.cluster_alarms [--seasons 200] [--seed 1]

Sixty communities of 50 to 1 500 households, each with a rate of its own around 0.2 households a day per 1 000 (spread
by half), over 120 days. Quiet I: the rate is constant. Quiet II: the weather moves the whole county's rate from day to
day (gamma, spread by half). Every order is followed by a look at its place, as in the application; the season before is
the history. Then in one place of each season six households complain within twelve hours.
"""

import argparse
import random
from collections.abc import Iterator

from complaints.surprise import HISTORY_MOST, LONGEST_H, Expectation, History, allowed_chance, floor_of, stands_out

PLACES, DAYS, BURST, BURST_H = 60, 120, 6, 12
LEAST, ALLOWED = 3, 1.0


class Place:
    def __init__(self, dice: random.Random) -> None:
        self.households = dice.randint(50, 1500)
        self.rate_h = 0.2 * self.households / 1000 / 24 * dice.gammavariate(4, 0.25)

    def season(self, dice: random.Random, weather: list[float]) -> list[float]:
        """The hours at which a household complains."""
        return [hour for day, factor in enumerate(weather) for hour in self._day(dice, day, self.rate_h * factor)]

    @staticmethod
    def _day(dice: random.Random, day: int, rate_h: float) -> Iterator[float]:
        hour = dice.expovariate(rate_h)
        while hour < 24:
            yield day * 24 + hour
            hour += dice.expovariate(rate_h)


def warnings(past: list[float], hours: list[float], households: int) -> list[float]:
    """The hours at which a new cluster is warned of."""
    allowed, found, reached = allowed_chance(ALLOWED, PLACES), [], -1e9
    season_h = DAYS * 24
    for i, now in enumerate(hours):
        recent = [hour for hour in hours[: i + 1] if now - hour < LONGEST_H]
        before = [*past, *(hour + season_h for hour in hours[: i + 1 - len(recent)])][-HISTORY_MOST:]
        until = season_h + max(now - LONGEST_H, 0)
        since = before[0] if len(before) == HISTORY_MOST else 0
        history = History(len(before), until - since, floor_of(households))
        ages = {str(n): now - hour for n, hour in enumerate(recent)}
        finding = stands_out(ages, Expectation.of([history]), least=LEAST, allowed=allowed)
        if finding:
            if now - finding.hours > reached:
                found.append(now)
            reached = now
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seasons", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for label, strays in (("平稳（恒定）", False), ("平稳（天气起伏）", True)):
        dice = random.Random(options.seed)
        alarms = caught = orders = 0
        for _ in range(options.seasons):
            places = [Place(dice) for _ in range(PLACES)]
            skies = [[dice.gammavariate(4, 0.25) if strays else 1.0 for _ in range(DAYS)] for _ in range(2)]
            unlucky = dice.randrange(PLACES)
            for n, place in enumerate(places):
                past, hours = place.season(dice, skies[0]), place.season(dice, skies[1])
                orders += len(hours)
                alarms += len(warnings(past, hours, place.households))
                if n == unlucky:
                    start = dice.uniform(24, DAYS * 24 - BURST_H)
                    burst = sorted(start + dice.uniform(0, BURST_H) for _ in range(BURST))
                    found = warnings(past, sorted([*hours, *burst]), place.households)
                    caught += any(burst[0] <= hour <= burst[-1] for hour in found)
        print(
            f"{label}：{options.seasons} 个采暖季，每季 {orders / options.seasons:.0f} 件；误报每季 "
            f"{alarms / options.seasons:.3f} 次（容许 {ALLOWED:g}）；{BURST} 户 {BURST_H} 小时的集中投诉发现 "
            f"{100 * caught / options.seasons:.1f}%"
        )


if __name__ == "__main__":
    main()
