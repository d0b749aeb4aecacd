"""What the county does not know of an order that comes in, or knows otherwise: its season, its place, its company."""

from collections.abc import Mapping
from typing import Any

from common.spreadsheets.ledgers.importer import Problem, problem, warning
from complaints.county import County, certain_company
from complaints.reading import moment_of
from complaints.registering import CHOSEN

LEFT_AS_IT_IS = "不改的登记后由人确定派给谁"


def problems_of(fields: Mapping[str, Any], county: County, *, left: str = LEFT_AS_IT_IS) -> list[Problem]:
    """What the county does not know, or knows otherwise than the row says. `left`: what becomes of it if nobody settles
    whose it is."""
    found: list[Problem] = []
    moment = moment_of(fields)
    season = county.season_of(moment)
    if moment and season is None:
        expected = "这一天不在任何采暖季里，请先建立采暖季，或核对受理时间"
        found.append(problem("received_at", f"{moment:%Y-%m-%d}", expected))
    name, text = fields.get("community") or "", fields.get("company") or ""
    community, company = county.community(name), county.unit(text)
    is_chosen = bool(fields.get(CHOSEN))
    if community is None and not (is_chosen and not name):
        found.append(_unknown_place(name, fields, county))
    if text and company is None:
        expected = f"没有名为“{text}”的供热企业，请先建立，或改为已有的名称"
        found.append(problem("company", text, expected))
    if community is None or season is None:
        return found
    by_season = county.company_of(community, season)
    if not text and by_season is None:
        expected = f"{season} 采暖季{community}还没有确定供热企业，请填写承办企业，或先在小区里确定"
        found.append(problem("community", name, expected))
    elif company and certain_company(company, by_season, is_chosen=is_chosen) is None:
        expected = f"{season} 采暖季{community}由{by_season}供热，与原来写的{company}不一致；{left}"
        found.append(warning("company", text, expected))
    return found


def _unknown_place(name: str, fields: Mapping[str, Any], county: County) -> Problem:
    if name:
        return problem("community", name, f"系统里没有小区“{name}”，请改为已有的小区，或先建立该小区")
    address = fields.get("address")
    if address and (named := county.locate(address).named):
        expected = "请选择小区；就是它的也请选上" if len(named) == 1 else "请选择是哪一个小区"
        return problem("community", "", f"地址里写了{'、'.join(named)}，{expected}")
    said = "地址里没有写明小区" if address else "没有地址"
    return problem("community", "", f"{said}，请选择小区")
