"""What of a table's row is personal: its cells are shown to more people than the caller's name and phone are.

Kept beside an order is what its row said (`Order.origin`), without the columns of people and phones, whatever they are
called, and without the numbers that stand in other cells.
"""

import re
from collections.abc import Collection, Mapping

from complaints.masking import holds_phone, masked_text

_OF_A_PERSON = re.compile(
    r"电话|手机|号码|联系方式|联系人|联络人|姓名|诉求人|来电人|投诉人|反映人|申请人|报修人|当事人|市民|群众|业主|户主|住户|"
    r"用户名|家属|微信|QQ|邮箱|身份证|证件|来电$|主叫|座机|签名",
    re.IGNORECASE,
)


def without_people(
    raw: Mapping[str, str], *, hidden: Collection[str | None] = (), read: Collection[str] = (), caller: str = ""
) -> dict[str, str]:
    """The cells by their heads. `hidden`: heads that are left out; `read`: those of columns that were understood, of
    which only numbers and the caller's name are taken out; of the others whatever looks personal is left out."""
    kept = {}
    for head, text in raw.items():
        is_known = head in read
        if head in hidden or (not is_known and (_OF_A_PERSON.search(head) or holds_phone(text))):
            continue
        kept[head] = masked_text(text.replace(caller, "诉求人") if len(caller) > 1 else text)
    return kept
