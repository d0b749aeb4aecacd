"""The words of the made-up county that the benchmarks fill: communities, points, findings, people."""

from collections.abc import Iterator
from itertools import product

from facilities.enums import FacilityKind
from inspections.enums import Category

TOWNSHIPS = (
    "城关镇", "石桥乡", "柳林镇", "杨树庄镇", "北河街道", "南关街道", "东岭乡", "西坪镇", "大王庄乡", "青石镇",
    "沙河镇", "白塔镇", "龙泉街道", "新华街道", "马家寨乡", "赵家沟镇", "清水镇", "双桥镇", "红旗街道", "凤凰岭乡",
)  # fmt: skip
# The fourth one is the company that has exactly its own few thousand.
COMPANIES = (
    "城源热力有限公司", "北苑供热站", "兴隆热力有限责任公司", "惠民供热中心", "东方供暖有限公司", "永安热电有限公司",
    "华强热力站", "阳光能源有限公司",
)  # fmt: skip
OWN_COMPANY = 3

_FIRST = (
    "幸福", "阳光", "锦绣", "和平", "翠湖", "金桂", "龙泉", "书香",
    "紫荆", "御景", "滨河", "朝阳", "安康", "祥和", "丽水",
)  # fmt: skip
_LAST = ("小区", "花园", "家园", "嘉园", "名苑", "新村", "公寓", "里", "苑")
_PLACES = ("东侧管沟", "地下室", "三单元立管", "换热站循环泵房", "热力入口井", "北门主管网分支处")

# (finding, kind, category, how many of 1 000 hazards say so)
_FINDINGS = (
    ("供水管道外壁腐蚀，有渗漏痕迹", FacilityKind.YARD_PIPE, Category.PIPE_LEAK, 160),
    ("回水管道保温层脱落，管道散热严重", FacilityKind.MAIN_PIPE, Category.INSULATION_WELL, 140),
    ("管道阀门锈死，无法关断", FacilityKind.RISER, Category.VALVE_METER, 120),
    ("板式换热器结垢，换热效率下降", FacilityKind.STATION, Category.LOW_EXCHANGE, 110),
    ("检查井积水，井盖破损", FacilityKind.MAIN_PIPE, Category.INSULATION_WELL, 90),
    ("室内暖气片不热，末端水力失调", FacilityKind.INDOOR, Category.HYDRAULIC, 90),
    ("循环泵振动超标，机械密封漏水", FacilityKind.STATION, Category.ELECTRIC, 80),
    ("鼓风机轴承异响，炉排卡滞", FacilityKind.BOILER, Category.BOILER, 60),
    ("压力表超过检定周期", FacilityKind.STATION, Category.SPECIAL_EQUIPMENT, 50),
    ("立管支架松动，穿楼板处无套管", FacilityKind.RISER, Category.PIPE_LEAK, 50),
    ("巡检记录不全，应急物资未登记", FacilityKind.BOILER, Category.MANAGEMENT, 30),
    ("除氧器液位计失灵", FacilityKind.BOILER, Category.VALVE_METER, 15),
    ("波纹补偿器开裂", FacilityKind.MAIN_PIPE, Category.PIPE_LEAK, 4),
    ("膨胀水箱溢流管堵塞", FacilityKind.BOILER, Category.BOILER, 1),
)
_DETAILS = (
    "，上一采暖季多次报修", "，已临时处理，需彻底更换", "，影响约三百户居民用热", "，建议列入老旧小区改造",
    "，现场已设警示标志", "，使用年限超过十五年", "", "，夜间补水量明显增大",
)  # fmt: skip
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = ("建国", "志强", "海燕", "秀兰", "晓东", "永刚", "丽华", "国庆", "文斌", "春生")


def communities() -> list[str]:
    """405 names."""
    return [f"{first}{number}{last}" for number in ("", "二期", "北区") for first, last in product(_FIRST, _LAST)]


def points(names: list[str]) -> Iterator[tuple[int, str]]:
    """(index of the community, problem point): 12 for each community."""
    for index, name in enumerate(names):
        for building, place in enumerate([*_PLACES, *_PLACES]):
            yield index, f"{name}{building + 1}号楼{place}"


def findings() -> Iterator[tuple[str, str, str]]:
    """(description, facility kind, category), each as often among 8 000 as it is among the hazards."""
    for text, kind, category, weight in _FINDINGS:
        for detail in _DETAILS:
            for _ in range(weight):
                yield text + detail, kind, category


def people() -> list[str]:
    """200 names."""
    return [surname + given for surname, given in product(_SURNAMES, _GIVEN)]
