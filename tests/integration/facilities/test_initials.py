"""Communities are found by the initials of their pinyin, which follow their names."""

import pytest

from facilities.initials import pinyin_initials
from facilities.models import Community
from facilities.services import change_community, create_communities, create_community
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("锦绣家园", "jxjy"),
        ("3号院", "3hy"),
        ("重庆路小区", "cqlxq"),
        ("幸福里（二期）", "xfleq"),
        ("Ａ座 公寓", "azgy"),
    ],
)
def test_initials_of_a_name(name: str, initials: str) -> None:
    assert pinyin_initials(name) == initials


def test_they_are_kept_with_the_name(cast: Cast) -> None:
    community = create_community(by=cast.admin, county=cast.county, name="锦绣家园")
    create_communities(by=cast.admin, county=cast.county, lots=[{"name": "春晓苑"}])
    assert dict(Community.objects.filter(name__in=["锦绣家园", "春晓苑"]).values_list("name", "pinyin_initials")) == {
        "锦绣家园": "jxjy",
        "春晓苑": "cxy",
    }
    change_community(community, by=cast.admin, name="丽水华庭")
    community.refresh_from_db()
    assert community.pinyin_initials == "lsht"
