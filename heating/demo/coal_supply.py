"""The demo county's contracts and laboratory reports, for the coal that has come: told after its arrivals.

One company has not entered its spot contract, so that its arrivals name none; one buys coal that is worse than agreed.
"""

import datetime as dt
import random
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import Unit
from coal.arrivals import arrivals_by
from coal.contract_services import create_contract
from coal.enums import ContractKind, MovementKind
from coal.models import Movement
from coal.quality_services import create_batch
from facilities.models import Season
from heating.demo.people import People

BATCHES = 10
FORGETFUL, POOR = "惠民供热中心", "兴隆热力有限责任公司"


@dataclass(frozen=True)
class Supplier:
    code: str
    name: str
    kind: ContractKind
    price: int

    def number(self, season: Season) -> str:
        return f"{self.code}-{season.year}"


SUPPLIERS = (
    Supplier("JB-2", "晋北煤业有限公司", ContractKind.LONG_TERM, 705),
    Supplier("SS-7", "神朔能源运销有限公司", ContractKind.LONG_TERM, 718),
    Supplier("HT", "恒通煤炭贸易有限公司", ContractKind.SPOT, 812),
)


def tell(people: People, users: dict[str, str], seasons: tuple[Season, ...], *, today: dt.date, seed: int) -> None:
    """`users`: who enters a company's coal, by its name. The same seed and day give the same data."""
    for number, company in enumerate(people.companies):
        if company.name in users:
            dice, user = random.Random(seed + number), people.users[users[company.name]]
            for season in seasons:
                _contracts(people, company, user, season, today, dice)
            _batches(people, company, user, today, dice)


def _contracts(
    people: People, company: Unit, user: object, season: Season, today: dt.date, dice: random.Random
) -> None:  # fmt: skip
    """Each for somewhat more than what has come under it."""
    came = arrivals_by("contract", yard__company=company.pk)
    for each in SUPPLIERS:
        signed_on = dt.date(season.year, 5, 10 + dice.randrange(20))
        arrived = came.get((each.number(season),))
        is_forgotten = company.name == FORGETFUL and each.kind is ContractKind.SPOT
        if arrived is None or signed_on > today or is_forgotten:
            continue
        share = Decimal(dice.randrange(100, 190)) / 100
        create_contract(
            by=user, county=people.county, company=company, season=season, number=each.number(season), kind=each.kind,
            supplier=each.name, quantity_t=(arrived.quantity_t * share / 100).to_integral_value() * 100 + 100,
            price_yuan_per_t=Decimal(each.price), signed_on=signed_on, starts_on=dt.date(season.year, 6, 1),
            ends_on=season.heating_end_on, heat_value_mj_per_kg=Decimal("19.000"), sulphur_percent=Decimal("1.00"),
            note="",
        )  # fmt: skip


def _batches(people: People, company: Unit, user: object, today: dt.date, dice: random.Random) -> None:
    """Of the latest arrivals; the last is sampled and not yet tested."""
    arrivals = Movement.objects.filter(yard__company=company, kind=MovementKind.ARRIVAL).exclude(batch="")
    numbers: dict[str, Movement] = {}
    for movement in arrivals.order_by("-day", "-pk")[: BATCHES * 2]:
        numbers.setdefault(movement.batch, movement)
    for place, (number, movement) in enumerate([*numbers.items()][:BATCHES]):
        tested_on = movement.day + dt.timedelta(3)
        is_tested = place > 0 and tested_on <= today
        told = movement.heat_value_mj_per_kg or Decimal(20)
        less = Decimal(dice.randrange(-30, 60)) / 100 + (Decimal("1.2") if company.name == POOR else 0)

        def found(low: int, high: int, is_tested: bool = is_tested) -> Decimal | None:
            value = Decimal(dice.randrange(low, high)) / 100
            return value if is_tested else None

        create_batch(
            by=user, county=people.county, company=company, number=number, sampled_on=movement.day,
            sampled_by="厂化验室", tested_on=tested_on if is_tested else None,
            tested_by="市煤炭质量检验站" if is_tested else "", report_number=f"MJ{number}" if is_tested else "",
            heat_value_mj_per_kg=told - less if is_tested else None, moisture_percent=found(800, 1400),
            ash_percent=found(1500, 2600), volatile_percent=found(2600, 3600),
            sulphur_percent=found(45, 110), note="",
        )  # fmt: skip
