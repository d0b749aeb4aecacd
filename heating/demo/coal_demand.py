"""Ten winters of the demo county, its companies' estimates, and their targets at every stage of being agreed."""

import datetime as dt
import math
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import Unit
from coal import demand_selectors as selectors
from coal import demand_services as services
from coal import workflow
from coal.degree_days import moved, winter
from coal.demand_enums import Method, TargetRule, WinterChoice
from coal.forms.estimate import winters_by_choice
from coal.milestones import usual_milestones
from coal.models import Estimate, Target
from coal.weather_services import create_temperatures
from common import clock
from facilities.models import Season
from heating.demo.people import People

WINTERS = 10
# By how much a winter was colder (below 0) or milder than the others, the latest last.
ANOMALIES = ("0.4", "-0.6", "1.1", "-1.9", "0.2", "0.8", "-0.3", "-1.2", "0.6", "0.1", "-0.4")
# One winter with days nobody wrote down, counted all the same, and one with too many.
FEW_MISSING, MANY_MISSING = (6, 9), (2, 40)
PER_COMPANY = {
    # company: W/m², boiler, network, kcal/kg, last season's coal in t per 10 000 m²
    "城源热力有限公司": (45, "0.82", "0.92", 5200, 200),
    "北苑供热站": (48, "0.78", "0.90", 5000, 238),
    "兴隆热力有限责任公司": (46, "0.80", "0.90", 4800, 232),
    "惠民供热中心": (52, "0.72", "0.88", 4600, 275),
}


def tell(people: People, present: Season, *, today: dt.date, seed: int) -> None:
    """The weather up to yesterday; the talks in spring, as far as today lets them have come."""
    dice = random.Random(seed)
    create_temperatures(by=people.users["fagai"], county=people.county, lots=_weather(present, today, dice))
    story = _Talks(people, present)
    for days, act in enumerate(story.acts()):
        day = min(present.summer_start_on + dt.timedelta(days=25 + 4 * days), today)
        moment = timezone.make_aware(dt.datetime.combine(day, dt.time(10, 12)))
        with clock.pretend(min(moment, clock.now())):
            act()


def _weather(season: Season, today: dt.date, dice: random.Random) -> list[dict[str, Any]]:
    lots = []
    for back in range(WINTERS, -1, -1):
        nth = WINTERS - back
        first, last = moved(season.heating_start_on, -back), moved(season.heating_end_on, -back)
        skipped = _skipped(nth, first)
        noise = 0.0
        for n in range((last - first).days + 1):
            day = first + dt.timedelta(days=n)
            noise = 0.7 * noise + dice.gauss(0, 1.9)
            # The coldest days are two months in.
            mean = -1.4 - 4.6 * math.sin(math.pi * n / 120) + float(ANOMALIES[nth]) + noise + 1.8
            if day < today and day not in skipped:
                lots.append({"day": day, "mean_c": Decimal(str(round(mean, 1)))})
    return lots


def _skipped(nth: int, first: dt.date) -> set[dt.date]:
    length = dict((FEW_MISSING, MANY_MISSING)).get(nth, 0)
    return {first + dt.timedelta(days=70 + n) for n in range(length)}


class _Talks:
    """Who reckoned, filed, checked and approved what; in the order in which it happened."""

    def __init__(self, people: People, season: Season) -> None:
        self.people, self.season, self.users = people, season, people.users
        self.inputs = selectors.inputs_of(people.county)
        self.weather = selectors.weather_of(season)
        self.clerks = {company: self._clerk(company) for company in people.companies}

    def _clerk(self, company: Unit) -> Any:
        return next(user for user in self.users.values() if user.unit_id == company.pk)

    def acts(self) -> list[Callable[[], Any]]:
        chengyuan, beiyuan, xinglong, huimin = self.people.companies
        users = self.users
        return [
            *(lambda company=company: self.estimate(company) for company in self.people.companies),
            lambda: self.draft(chengyuan, TargetRule.SHARE, 75),
            lambda: self.draft(beiyuan, TargetRule.SHARE, 94),
            lambda: self.draft(xinglong, TargetRule.COLDEST_DAYS, 60),
            lambda: self.draft(huimin, TargetRule.MEAN_DAYS, 60),
            *(lambda company=company: self.move("file", company, self.clerks[company])
              for company in self.people.companies),
            lambda: self.move("send_back", huimin, users["dudao"], "只够 60 天，请按全季需求的 80% 以上重新报送"),
            lambda: self.move("check", chengyuan, users["dudao"]),
            lambda: self.move("check", beiyuan, users["dudao"]),
            lambda: self.move("check", xinglong, users["dudao"]),
            lambda: self.move("approve", chengyuan, users["fagai"], "同意，按节点抓好到货"),
            lambda: self.move("approve", beiyuan, users["fagai"], "同意"),
            # It is far behind with its coal: by the milestones that it has agreed to.
            lambda: self.move("approve", xinglong, users["fagai"], "同意，到货进度明显偏慢，请住建局重点督促"),
            lambda: self.raise_(huimin),
            lambda: self.move("file", huimin, self.clerks[huimin]),
            lambda: self.move("check", huimin, users["dudao"]),
            lambda: self.move("revise", chengyuan, self.clerks[chengyuan], "新接两个小区，供热面积增加"),
            lambda: self.enlarge(chengyuan),
        ]  # fmt: skip

    def estimate(self, company: Unit, more_m2: int = 0) -> Estimate:
        index, boiler, network, kcal, last_t = PER_COMPANY[company.name]
        start = selectors.starting_values(company, self.season, inputs=self.inputs, weather=self.weather)
        area = Decimal(start["area_m2"] or 500_000)
        heat_value = (Decimal(kcal) * Decimal("4.1868") / 1000).quantize(Decimal("0.001"))
        name, degree_days, mean_c, _ = winters_by_choice(self.weather)[WinterChoice.COLD]
        last = winter(
            self.weather.temperatures, moved(self.season.heating_start_on, -1), moved(self.season.heating_end_on, -1)
        )
        values = {field: start.get(field) for field in services.ESTIMATE_FIELDS} | {
            "area_m2": area + more_m2, "heat_index_w_per_m2": Decimal(index), "boiler_efficiency": Decimal(boiler),
            "network_efficiency": Decimal(network), "heat_value_mj_per_kg": heat_value,
            "heating_days": int(start["heating_days"] or 0), "winter": WinterChoice.COLD.value, "winter_name": name,
            "mean_c": mean_c, "degree_days": degree_days, "last_area_m2": area,
            "last_coal_t": (area * last_t / 10_000).quantize(Decimal(1)),
            "last_heat_value_mj_per_kg": heat_value, "last_degree_days": last.degree_days if last else None,
            "margin_percent": Decimal(5),
        }  # fmt: skip
        latest = selectors.latest_estimate(company, self.season)
        return services.save_estimate(
            by=self.clerks[company], company=company, season=self.season, values=values, reasons={},
            seen=services.seal(latest),
        )  # fmt: skip

    def draft(self, company: Unit, rule: TargetRule, amount: int) -> Target:
        estimate = selectors.latest_estimate(company, self.season)
        assert estimate is not None
        return services.save_target(
            None, by=self.clerks[company], estimate=estimate, method=Method.DESIGN_LOAD, rule=rule,
            amount=Decimal(amount), milestones=usual_milestones(self.season, self.inputs),
        )  # fmt: skip

    def raise_(self, company: Unit) -> None:
        """Sent back for being too little, it comes again as a share of the need."""
        target = self._latest(company)
        services.save_target(
            target, by=self.clerks[company], estimate=target.estimate, method=Method.DESIGN_LOAD,
            rule=TargetRule.SHARE, amount=Decimal(80), milestones=services.planned_of(target),
        )  # fmt: skip

    def enlarge(self, company: Unit) -> None:
        """A further estimate for two more communities; the revision on it waits for the bureau."""
        estimate, target = self.estimate(company, more_m2=36_000), self._latest(company)
        services.save_target(
            target, by=self.clerks[company], estimate=estimate, method=Method.DESIGN_LOAD, rule=TargetRule.SHARE,
            amount=Decimal(75), milestones=services.planned_of(target), note="新接两个小区共 3.6 万㎡，已签供热合同",
        )  # fmt: skip
        self.move("file", company, self.clerks[company])

    def move(self, code: str, company: Unit, by: Any, note: str = "") -> None:
        workflow.MAKE[code](self._latest(company), by=by, note=note)

    def _latest(self, company: Unit) -> Target:
        targets = Target.objects.filter(company=company, season=self.season).order_by("-revision")
        return targets.select_related("company", "season", "county", "estimate")[0]
