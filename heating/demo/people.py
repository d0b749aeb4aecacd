"""The county, its units and the eight accounts that the login page shows in demo mode."""

from dataclasses import dataclass

from django.contrib.auth.models import Group

from accounts import roles
from accounts.enums import RegionLevel, UnitKind
from accounts.models import Region, Unit, User
from accounts.selectors import DEMO_PASSWORD

COUNTY = ("130199", "临岭县")
TOWNSHIPS = (("130199100", "城关镇"), ("130199101", "北苑镇"), ("130199102", "兴隆镇"), ("130199001", "府前街道"))
COMPANIES = (
    ("城源热力有限公司", "城源热力", "城关镇"),
    ("北苑供热站", "北苑供热站", "北苑镇"),
    ("兴隆热力有限责任公司", "兴隆热力", "兴隆镇"),
    ("惠民供热中心", "惠民供热", "府前街道"),
)
PROPERTY_COMPANIES = ("万家物业", "佳和物业")
# username, name, unit, role
ACCOUNTS = (
    ("zhujian", "王志强", "临岭县住房和城乡建设局", roles.ADMIN),
    ("dudao", "李海燕", "临岭县住房和城乡建设局", roles.INSPECTOR),
    ("fagai", "张文博", "临岭县发展和改革局", roles.DEVELOPMENT),
    ("rexian", "赵敏", "临岭县住房和城乡建设局", roles.HOTLINE),
    ("chengyuan", "周德福", "城源热力有限公司", roles.COMPANY_ADMIN),
    ("beiyuan", "马春生", "北苑供热站", roles.COMPANY_CLERK),
    ("jiedao", "孙立新", "城关镇人民政府", roles.TOWNSHIP),
    ("lingdao", "陈国栋", "临岭县人民政府办公室", roles.READER),
)
# People behind the demo's history who have no account on the login page.
OTHERS = (
    ("dudao2", "刘建平", "临岭县住房和城乡建设局", roles.INSPECTOR),
    ("xinglong", "赵国庆", "兴隆热力有限责任公司", roles.COMPANY_ADMIN),
    ("huimin", "高文博", "惠民供热中心", roles.COMPANY_ADMIN),
    ("beiyuan2", "张玉梅", "北苑供热站", roles.COMPANY_ADMIN),
)


@dataclass(frozen=True)
class People:
    county: Region
    townships: dict[str, Region]
    companies: list[Unit]
    property_companies: list[Unit]
    users: dict[str, User]


def make_people() -> People:
    """Regions, units and users, as the demo accounts need them."""
    county = Region.objects.create(code=COUNTY[0], name=COUNTY[1], level=RegionLevel.COUNTY)
    townships = {
        name: Region.objects.create(code=code, name=name, level=RegionLevel.TOWNSHIP, parent=county)
        for code, name in TOWNSHIPS
    }
    units = _units(county, townships)
    users = {account[0]: _user(*account, units=units) for account in (*ACCOUNTS, *OTHERS)}
    return People(
        county=county,
        townships=townships,
        companies=[units[name] for name, *_ in COMPANIES],
        property_companies=[units[name] for name in PROPERTY_COMPANIES],
        users=users,
    )


def _units(county: Region, townships: dict[str, Region]) -> dict[str, Unit]:
    rows = [
        Unit(name="临岭县住房和城乡建设局", short_name="住建局", kind=UnitKind.HOUSING_BUREAU, region=county),
        Unit(name="临岭县发展和改革局", short_name="发改局", kind=UnitKind.DEVELOPMENT_BUREAU, region=county),
        Unit(
            name="临岭县人民政府办公室", short_name="政府办", kind=UnitKind.OTHER, region=county, sees_region=True
        ),
        *(
            Unit(name=name, short_name=short, kind=UnitKind.HEATING_COMPANY, region=county)
            for name, short, _ in COMPANIES
        ),
        *(Unit(name=name, kind=UnitKind.OTHER, region=county) for name in PROPERTY_COMPANIES),
        *(
            Unit(name=f"{name}人民政府" if name.endswith("镇") else f"{name}办事处", short_name=name,
                 kind=UnitKind.TOWNSHIP, region=region)
            for name, region in townships.items()
        ),
    ]  # fmt: skip
    for row in rows:
        row.save()
    return {row.name: row for row in rows}


def _user(username: str, full_name: str, unit: str, role: str, *, units: dict[str, Unit]) -> User:
    user = User(username=username, full_name=full_name, unit=units[unit], must_change_password=False)
    user.set_password(DEMO_PASSWORD)
    user.save()
    user.groups.add(Group.objects.get(name=role))
    return user
