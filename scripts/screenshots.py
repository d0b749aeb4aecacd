"""Remake the pictures of README.md and docs/使用手册.md: `python scripts/screenshots.py http://127.0.0.1:8000`.

Starts nothing: it takes the address of a site with a freshly made demo county (on which it registers one hazard and
uploads one ledger) and writes PNG files. The site's last sweep should be recent, or a warning stands on every page.
"""

import argparse
import datetime as dt
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright

OUT = Path(__file__).resolve().parent.parent / "docs" / "images"
PASSWORD = "Nuandong-2025"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DESK, PHONE = (1366, 860), (390, 844)
MOST_BYTES = 250_000
HEAD = [
    "序号", "设施类别", "问题点位", "存在问题", "隐患等级", "发现日期",
    "责任单位", "责任人", "联系电话", "整改时限", "验收标准", "是否销号",
]  # fmt: skip


def messy_ledger(year: int) -> bytes:
    """A ledger as offices keep it, made up: a merged title, companies merged down the side, subtotals, vague words."""
    pressed = "打压 0.8 MPa 稳压 30 分钟无渗漏"
    one, other = ("何建军", "13800001111"), ("吕晓东", "13800002222")
    rows: list[tuple[str | None, ...]] = [
        ("换热站", "望江苑换热站", "2#循环泵轴封漏水", "一般", f"{year}.6.3",
         "城源热力有限公司", *one, "9月底前", "更换轴封，连续运行 72 小时无渗漏", "否"),
        ("庭院管网", "望江苑 5、6 号楼之间", "回水管腐蚀穿孔，打卡子 3 处", "较大", f"{year}/6/3",
         None, *one, "试运行前", pressed, "否"),
        ("楼栋立管", "望江苑 8 号楼 2 单元", "立管锈蚀渗水", "一般", f"{year}年6月4日",
         None, "相关人员", None, "尽快", "整改到位", "否"),
        ("小计", *[None] * 10),
        ("主管网", "人民路 DN400 一次网补偿器", "补偿器渗漏", "重大", f"{year}-06-10",
         "北苑供热站", *other, "立行立改", pressed, "√"),
        ("换热站", "学府嘉园换热站", "电磁流量计失灵", "一般", f"{year}0611",
         None, *other, f"{year}/9/31", "校验合格并出具报告", "否"),
        ("户内设施", "学府嘉园 2-3-501", "暖气片漏水", "一般", "6月12日",
         None, *other, "8月中旬", "更换后打压试验合格，住户签字确认", "否"),
        ("合计", *[None] * 10),
    ]  # fmt: skip
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "隐患台账"
    sheet.append([f"{year}年供热“冬病夏治”隐患排查台账"])
    sheet.append([f"填报单位：（盖章）　　　　填报日期：{year}年6月20日"])
    sheet.append(HEAD)
    number = 0
    for row in rows:
        number += row[1] is not None
        sheet.append([number if row[1] else None, *row])
    sheet.append(["填表人：何建军　　审核人："])
    for cells in ("A1:L1", "A2:L2", "G4:G6", "G8:G10"):
        sheet.merge_cells(cells)
    sheet["A1"].font, sheet["A1"].alignment = Font(bold=True, size=16), Alignment(horizontal="center")
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


# An order as it stands in a chat.
PASTED = (
    "【12345】工单编号：LL20251129007；来电人：李女士 13900002222；地址：凤凰城3号楼2单元501室；"
    "反映家中温度只有14度，老人生病，请尽快处理"
)


def hotline_export(today: dt.date) -> str:
    """A day's orders as a hotline exports them, made up: other heads, no company, an unknown place, one twice."""
    day = today - dt.timedelta(1)
    rows = [
        (
            "01",
            "王先生",
            "13900003331",
            "锦绣家园15号楼5单元402室",
            "家中温度只有15.0度，要求尽快处理",
            "城源热力有限公司",
        ),
        ("02", "张女士", "13900003332", "书香苑8号楼2单元502室", "全楼停暖，未接到通知", "待核实"),
        ("03", "赵先生", "13900003333", "凤凰城二期3号楼1单元301室", "暖气不热，室温16度", "待核实"),
        ("04", "刘女士", "13900003334", "翠屏山庄10号楼2单元602室", "阀门漏水，楼道结冰", ""),
        (
            "01",
            "王先生",
            "13900003331",
            "锦绣家园15号楼5单元402室",
            "家中温度只有15.0度，要求尽快处理",
            "城源热力有限公司",
        ),
    ]
    head = "工单编号,来电时间,来电人,来电号码,诉求地址,诉求内容,承办单位"
    lines = [f"LL{day:%Y%m%d}{n},{day} 0{n[-1]}:20,{','.join(rest)}" for n, *rest in rows]
    return "\n".join([head, *lines, ""])


@dataclass
class Camera:
    browser: Browser
    base: str
    out: Path

    @contextmanager
    def signed_in(self, username: str, size: tuple[int, int] = DESK) -> Iterator[Page]:
        context = self.browser.new_context(
            base_url=self.base, locale="zh-CN", timezone_id="Asia/Shanghai",
            viewport={"width": size[0], "height": size[1]}, device_scale_factor=2 if size == PHONE else 1,
        )  # fmt: skip
        page = context.new_page()
        page.goto("/accounts/login/")
        page.fill("[name=username]", username)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_load_state("networkidle")
        yield page
        context.close()

    def shoot(
        self, page: Page, name: str, *, whole: bool = False, height: int = 0, part: Locator | None = None
    ) -> None:  # fmt: skip
        """`whole`: the whole page, cut off at `height` CSS pixels if given. `part`: this of it and nothing else."""
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(400)
        picture = (
            part.screenshot(animations="disabled") if part else page.screenshot(full_page=whole, animations="disabled")
        )
        taken: Image.Image = Image.open(io.BytesIO(picture))
        if height:
            scale = taken.width // (page.viewport_size or {"width": taken.width})["width"]
            taken = taken.crop((0, 0, taken.width, min(taken.height, height * scale)))
        path = self.out / f"{name}.png"
        for colours in (256, 128, 64, 32):
            taken.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
            if path.stat().st_size < MOST_BYTES:
                break
        print(f"{path.name:<22} {taken.width} × {taken.height}  {path.stat().st_size // 1000} kB")


def first_hazard(page: Page, filters: str) -> str:
    """The address of the first hazard of the list so filtered."""
    page.goto(f"/hazards/?{filters}")
    address = page.locator("table.ledger tbody a.row-link, table.ledger tbody a").first.get_attribute("href")
    assert address, f"no hazard for {filters}"
    return address


def send(page: Page, button: Locator) -> None:
    button.click()
    page.wait_for_load_state("networkidle")


def show_bureau(camera: Camera, ledger: Path) -> None:
    with camera.signed_in("zhujian") as page:
        page.goto("/")
        camera.shoot(page, "overview", whole=True, height=1240)
        page.goto("/todo/")
        camera.shoot(page, "todo", whole=True, height=900)
        page.goto("/hazards/")
        camera.shoot(page, "ledger")
        page.goto("/hazards/?tab=pending")
        for box in page.locator("tbody input[type=checkbox]").all()[:2]:
            box.check()
        camera.shoot(page, "bulk", whole=True, height=480)
        page.goto(first_hazard(page, "tab=awaiting_acceptance&sort=due_on"))
        camera.shoot(page, "hazard", whole=True, height=1240)
        page.goto("/hazards/import/")
        page.set_input_files("[name=file]", ledger)
        send(page, page.get_by_role("button", name="上传并核对"))
        camera.shoot(page, "import", whole=True, height=1100)
        for name, address, height in (
            ("users", "/accounts/users/", 700),
            ("audit", "/audit/", 700),
            ("policy", "/supervision/policy/", 920),
            ("calendar", "/supervision/calendar/", 1100),
        ):
            page.goto(address)
            camera.shoot(page, name, whole=True, height=height)
        page.goto("/hazards/new/")
        vague = {
            "problem_point": "滨河新城3号楼阀门井",
            "description": "阀门锈死，关不严",
            "responsible_person": "相关人员",
            "due_on": "10月底",
            "acceptance_standard": "整改到位",
        }
        for field, text in vague.items():
            page.fill(f"main [name={field}]", text)
        page.select_option("main [name=facility_kind]", label="庭院管网")
        send(page, page.locator("main button[type=submit]").first)
        camera.shoot(page, "missing", whole=True, height=620)


def show_inspector(camera: Camera) -> None:
    with camera.signed_in("dudao") as page:
        page.goto(first_hazard(page, "waiting=accept&sort=due_on") + "accept/")
        camera.shoot(page, "accept", whole=True, height=1000)
        page.goto(first_hazard(page, "waiting=decide_extension") + "decide_extension/")
        camera.shoot(page, "extension", whole=True, height=700)
        page.goto("/supervision/")
        camera.shoot(page, "supervision", whole=True, height=760)
        page.goto("/supervision/proposals/")
        for box in page.locator("tbody input[type=checkbox]").all()[:2]:
            box.check()
        camera.shoot(page, "proposals", whole=True, height=640)
        page.goto(first_hazard(page, "tab=rectifying&sort=due_on"))
        camera.shoot(page, "ladder", part=page.locator("section.sheet").filter(has=page.locator("ol.ladder")))


def show_company(camera: Camera) -> None:
    with camera.signed_in("chengyuan") as page:
        page.goto(first_hazard(page, "waiting=plan") + "plan/")
        page.fill("main [name=measure]", "更换破损保温层约 120 米，加装防水外护，分段施工不影响试压。")
        page.fill("main [name=estimated_cost_yuan]", "86000")
        send(page, page.get_by_role("button", name="从时限倒排"))
        camera.shoot(page, "plan", whole=True, height=900)
        page.goto(first_hazard(page, "waiting=rectify&sort=due_on") + "request_acceptance/")
        camera.shoot(page, "request", whole=True, height=640)


def show_coal(camera: Camera) -> None:
    with camera.signed_in("chengyuan") as page:
        page.goto("/coal/estimates/")
        camera.shoot(page, "estimate", whole=True, height=1060)
        page.goto("/coal/targets/")
        page.goto(page.locator("main table a").last.get_attribute("href") or "/")
        camera.shoot(page, "target", whole=True, height=900)
    with camera.signed_in("fagai") as page:
        page.goto("/coal/weather/")
        camera.shoot(page, "weather", whole=True, height=760)
        page.goto("/coal/targets/")
        camera.shoot(page, "targets", whole=True, height=480)


def show_stock(camera: Camera) -> None:
    with camera.signed_in("zhujian") as page:
        page.goto("/coal/")
        page.wait_for_timeout(500)
        camera.shoot(page, "coal", whole=True, height=1250)
        page.locator(".standings tbody a").first.click()
        page.wait_for_timeout(500)
        camera.shoot(page, "coal-company", whole=True, height=1500)
        page.goto("/coal/reports/")
        camera.shoot(page, "coal-reports", whole=True, height=460)
        page.goto("/coal/yards/")
        page.goto(page.locator("table.ledger tbody a").first.get_attribute("href") or "/")
        camera.shoot(page, "coal-yard", whole=True, height=1000)
    show_supply(camera)
    with camera.signed_in("chengyuan", PHONE) as page:
        page.goto("/coal/reports/file/")
        camera.shoot(page, "phone-coal-report")


def show_supply(camera: Camera) -> None:
    """Contracts, laboratory reports, yard checks, money, and what a cold spell would do."""
    with camera.signed_in("fagai") as page:
        for name, address, height in (
            ("coal-contracts", "/coal/contracts/", 860),
            ("coal-quality", "/coal/quality/", 700),
            ("coal-funds", "/coal/funds/", 560),
            ("coal-cold", "/coal/cold-spell/?days=10&mean_c=-18", 760),
        ):
            page.goto(address)
            camera.shoot(page, name, whole=True, height=height)
        page.locator(".spells a", has_text="城源").first.click()
        page.wait_for_timeout(500)
        camera.shoot(page, "coal-cold-company", whole=True, height=1210)
        page.goto("/coal/checks/")
        page.goto(
            page.locator("table.ledger tbody tr", has_text="需处理").locator("a").first.get_attribute("href") or "/"
        )
        camera.shoot(page, "coal-check", whole=True, height=820)


def first_order(page: Page, filters: str) -> str:
    """The address of the first order of the list so filtered."""
    page.goto(f"/complaints/?{filters}")
    address = page.locator("table.ledger tbody a.row-link").first.get_attribute("href")
    assert address, f"no order for {filters}"
    return address


def show_orders(camera: Camera, export: Path) -> None:
    with camera.signed_in("rexian") as page:
        page.goto("/complaints/")
        camera.shoot(page, "orders")
        page.goto(first_order(page, "tab=reported"))
        camera.shoot(page, "order", whole=True, height=1000)
        page.goto("/complaints/new/")
        call = {"phone": "13900001111", "caller": "李女士", "community": "jxjy", "content": "家里只有 15 度"}
        for name, text in call.items():
            page.fill(f"main [name={name}]", text)
        page.locator("#lookup .known-place").wait_for()
        camera.shoot(page, "order-new", whole=True, height=900)
        page.goto(first_order(page, "tab=reported") + "call_back/")
        camera.shoot(page, "order-callback", whole=True, height=720)
        page.goto(first_order(page, "tab=handling") + "hazards/")
        camera.shoot(page, "order-hazards", whole=True, height=760)
        page.goto("/complaints/paste/")
        page.fill("main [name=text]", PASTED)
        send(page, page.get_by_role("button", name="读一读"))
        camera.shoot(page, "order-paste", whole=True, height=820)
        page.goto("/complaints/import/")
        page.set_input_files("[name=file]", export)
        send(page, page.get_by_role("button", name="上传并核对"))
        camera.shoot(page, "order-import", whole=True, height=900)
        page.goto("/complaints/queue/")
        camera.shoot(page, "order-queue", whole=True, height=560)
    with camera.signed_in("chengyuan", PHONE) as page:
        page.goto("/complaints/")
        camera.shoot(page, "phone-orders")
        page.goto(first_order(page, "tab=handling") + "visit/")
        page.fill("main [name=found]", "滤网堵塞，已清洗")
        camera.shoot(page, "phone-order-visit")


def show_complaint_figures(camera: Camera) -> None:
    with camera.signed_in("zhujian") as page:
        for name, address, height in (
            ("order-indicators", "/complaints/indicators/", 1000),
            ("order-hot-spots", "/complaints/hot-spots/", 640),
            ("order-summary", "/complaints/summary/?kind=week", 560),
        ):
            page.goto(address)
            camera.shoot(page, name, whole=True, height=height)
        page.goto("/facilities/communities/")
        send(page, page.get_by_role("link", name="本季供热企业"))
        camera.shoot(page, "season-companies", whole=True, height=560)


def show_phone(camera: Camera) -> None:
    with camera.signed_in("chengyuan", PHONE) as page:
        page.goto("/todo/")
        camera.shoot(page, "phone-todo")
        page.goto(first_hazard(page, "waiting=rectify&sort=due_on") + "report/")
        page.fill("main [name=percent]", "60")
        page.fill("main [name=text]", "配件已到场，今天开始更换")
        camera.shoot(page, "phone-report")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", help="address of a running site with a fresh demo county")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for the pictures (default: docs/images)")
    parser.add_argument("--year", type=int, default=None, help="year of the season's summer (default: today's season)")
    options = parser.parse_args()
    today = dt.date.today()
    year = options.year or (today.year if (today.month, today.day) >= (3, 16) else today.year - 1)
    options.out.mkdir(parents=True, exist_ok=True)
    ledger = options.out / "城源北苑隐患台账（6月）.xlsx"
    ledger.write_bytes(messy_ledger(year))
    export = options.out / "12345工单导出.csv"
    export.write_text(hotline_export(today), encoding="gb18030")
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if not found:
        raise SystemExit("没有 Chromium（Debian：apt install chromium）")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=found,
                args=["--no-sandbox", "--disable-gpu", "--lang=zh-CN"],
                env={**os.environ, "LANGUAGE": "zh_CN"},
            )
            camera = Camera(browser, options.site.rstrip("/"), options.out)
            show_bureau(camera, ledger)
            show_inspector(camera)
            show_company(camera)
            show_coal(camera)
            show_stock(camera)
            show_orders(camera, export)
            show_complaint_figures(camera)
            show_phone(camera)
            browser.close()
    finally:
        ledger.unlink()
        export.unlink()


if __name__ == "__main__":
    main()
