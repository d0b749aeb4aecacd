"""What stands in the sidebar and in the phone's bottom bar. An entry appears once its page exists."""

from coal.workflow import targets_due
from common.nav import NavGroup, NavItem
from complaints.queueing import undecided
from supervision.selectors import proposals_due

NAVIGATION = (
    NavGroup(
        "",
        (
            NavItem("总览", "home", "dashboard:overview"),
            NavItem("我的待办", "todo", "dashboard:todo"),
            NavItem("督办", "flag", "supervision:escalation_list", ("supervision.view_escalation",)),
            NavItem(
                "督办审批",
                "check",
                "supervision:proposal_list",
                ("supervision.decide_proposal",),
                under=True,
                count=proposals_due,
            ),
            NavItem("我的任务", "clock", "jobs:list"),
        ),
    ),
    NavGroup(
        "冬病夏治",
        (
            NavItem("隐患台账", "ledger", "inspections:hazard_list", ("inspections.view_hazard",)),
            NavItem("登记隐患", "plus", "inspections:hazard_create", ("inspections.register_hazard",), under=True),
            NavItem(
                "导入台账", "import", "inspections:hazard_import_list", ("inspections.import_hazards",), under=True
            ),
            NavItem("设施", "facility", "facilities:facility_list", ("facilities.view_facility",)),
            NavItem("小区", "map", "facilities:community_list", ("facilities.view_facility",), under=True),
            NavItem("台账用词", "key", "facilities:vocabulary", ("facilities.manage_vocabulary",), under=True),
        ),
    ),
    NavGroup(
        "冬煤夏储",
        (
            NavItem("煤炭储备", "coal", "coal:overview", ("coal.view_coal",)),
            NavItem("煤场", "facility", "coal:yard_list", ("coal.view_coal",), under=True),
            NavItem("煤场检查", "check", "coal:check_list", ("coal.view_coal",), under=True),
            NavItem("煤炭流水", "ledger", "coal:movement_list", ("coal.view_coal",), under=True),
            NavItem("合同", "file", "coal:contract_list", ("coal.view_coal",), under=True),
            NavItem("煤质", "check", "coal:quality_list", ("coal.view_coal",), under=True),
            NavItem("煤炭日报", "report", "coal:report_list", ("coal.view_coal",), under=True),
            NavItem("填报日报", "edit", "coal:report_file", ("coal.file_report",), under=True),
            NavItem("用煤测算", "chart", "coal:estimate_list", ("coal.view_coal",), under=True),
            NavItem("储备目标", "flag", "coal:target_list", ("coal.view_coal",), under=True, count=targets_due),
            NavItem("购煤资金", "report", "coal:fund_list", ("coal.view_coal",), under=True),
            NavItem("储备进度表", "ledger", "coal:progress", ("coal.view_coal",), under=True),
            NavItem("气温资料", "clock", "coal:weather", ("coal.view_coal",), under=True),
        ),
    ),
    NavGroup(
        "投诉办理",
        (
            NavItem("投诉工单", "report", "complaints:order_list", ("complaints.view_order",)),
            NavItem("登记投诉", "plus", "complaints:order_create", ("complaints.register_order",), under=True),
            NavItem("导入投诉", "import", "complaints:order_import_list", ("complaints.import_orders",), under=True),
            NavItem("粘贴登记", "plus", "complaints:paste", ("complaints.register_order",), under=True),
            NavItem(
                "待定企业", "check", "complaints:queue", ("complaints.dispatch_order",), under=True, count=undecided
            ),
            NavItem("集中投诉", "warn", "complaints:cluster_list", ("complaints.view_order",), under=True),
            NavItem("投诉指标", "chart", "complaints:indicators", ("complaints.view_order",), under=True),
            NavItem("投诉热点", "map", "complaints:hot_spots", ("complaints.view_order",), under=True),
            NavItem("日报周报", "report", "complaints:summary", ("complaints.view_order",), under=True),
            NavItem("投诉时限", "clock", "complaints:limit_list", ("complaints.manage_limits",), under=True),
            NavItem("统计口径", "settings", "complaints:counting", ("complaints.manage_limits",), under=True),
        ),
    ),
    NavGroup(
        "系统管理",
        (
            NavItem("单位", "unit", "accounts:unit_list", ("accounts.manage_units",)),
            NavItem("用户", "users", "accounts:user_list", ("accounts.manage_users",)),
            NavItem("采暖季", "season", "facilities:season_list", ("facilities.manage_seasons",)),
            NavItem("督办规则", "settings", "supervision:policy", ("supervision.manage_policy",)),
            NavItem("工作日历", "clock", "supervision:calendar", ("supervision.manage_calendar",)),
            NavItem("操作记录", "audit", "audit:list", ("audit.view_audit",)),
        ),
    ),
)

BOTTOM_BAR = (
    NavGroup(
        "常用",
        (
            NavItem("待办", "todo", "dashboard:todo"),
            NavItem("台账", "ledger", "inspections:hazard_list", ("inspections.view_hazard",)),
            NavItem("投诉", "report", "complaints:order_list", ("complaints.view_order",)),
            # The bureau, companies and townships register what they find, the hotline desk what callers say.
            NavItem("登记", "plus", "inspections:hazard_create", ("inspections.issue_hazard",)),
            NavItem(
                "登记",
                "plus",
                "inspections:hazard_create",
                ("inspections.register_hazard",),
                unless=("complaints.dispatch_order",),
            ),
            NavItem(
                "登记",
                "plus",
                "complaints:order_create",
                ("complaints.dispatch_order",),
                unless=("inspections.issue_hazard",),
            ),
            NavItem("消息", "bell", "notifications:inbox"),
            NavItem("我", "user", "accounts:profile"),
        ),
    ),
)

# Pages that the top bar leads to, by the name under which the templates know them.
SHELL_URLS = {
    "search": "dashboard:search",
    "messages": "notifications:inbox",
    "season": "facilities:season_switch",
    "password": "accounts:password_change",
    "logout": "accounts:logout",
}
