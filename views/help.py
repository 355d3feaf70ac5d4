"""帮助: what each role does here on a usual day, in steps that lead to the pages."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, url_for
from flask_babel import gettext

from services.scope import ROLES, Permission, may
from views._page import Page
from views._request import assessment, only, principal
from views.about import meanings


@dataclass(frozen=True)
class Step:
    """One step. ``href``: the page it happens on, empty where the reader may not open it."""

    text: str
    title: str
    href: str


def _step(text: str, title: str = "", endpoint: str = "", permission: Permission = "view", **values: str) -> Step:
    return Step(text, title, url_for(endpoint, **values) if endpoint and may(principal(), permission) else "")


def _tasks(text: str, title: str = "", **values: str) -> Step:
    """A step on the list of tasks."""
    return _step(text, title or gettext("检查任务"), "cases", "cases", **values)


def _planner() -> list[Step]:
    return [
        _step(gettext("在总览看全市违规、限期、待核实各有多少，点规则或乡镇看明细。"), gettext("总览"), "overview"),
        _step(gettext("在判定清单按规则、区域、乡镇筛选，下载 XLSX 交给各部门。"), gettext("判定清单"), "findings"),
        _step(
            gettext("点开企业看判定依据；登记有误就点“编辑”，预览判定变化，写明原因后保存。"),
            gettext("编辑记录"), "edit_rows", "edit", layer="enterprises",
        ),
        _step(gettext("处理数据更正：有人认为判定有误的案件，核对数据并更正。"), gettext("数据更正"), "corrections", "edit"),
        _tasks(gettext("上报的未登记锅炉：在案件里点“登记为新企业”或“登记为新设备”。")),
        _tasks(gettext("在检查任务里分派承办人，看逾期；别人的申请由您或审核人员审批。"), gettext("已逾期"), state="overdue"),
        _step(gettext("在区域页看公告的编号、期限和区内企业，打印位置图。"), gettext("区域"), "zones"),
        _step(gettext("添加 PM2.5 和人口栅格；起草时右侧显示区内人口与浓度。"), gettext("栅格"), "rasters", "import"),
        _step(gettext("在数据页看每次变更是谁做的，按需导出。"), gettext("数据"), "data", "data"),
    ]  # fmt: skip


def _grid_head() -> list[Step]:
    return [
        _step(gettext("打开我的网格：自己的网格亮起，上面是待办数和设施。"), gettext("我的网格"), "cell", "patrol"),
        _tasks(gettext("逐件核实待办：打开案件，看立案依据，到现场看。"), state="to_verify"),
        _tasks(gettext("在案件里填“新的巡查记录”，拍照、定位；没有网络时先存在手机上，恢复后自动提交。")),
        _step(gettext("属实就转执法检查；判定不对就选“判定有误”并写明原因。")),
        _step(gettext("发现未登记锅炉、露天焚烧、扬尘，随时上报，上报后成为案件。"), gettext("上报"), "report", "cases"),
    ]


def _inspector() -> list[Step]:
    return [
        _step(gettext("先看热点网格的三张月度清单；热点里的案件在检查任务中排在最前。"), gettext("热点网格"), "hot", "cases"),
        _tasks(gettext("打开检查任务，按区域、乡镇、规则筛选，按风险或期限排序。"), state="to_inspect"),
        _tasks(gettext("勾选几件，点“排出路线”，按顺序走，每件可打开手机导航。")),
        _step(gettext("到现场在案件里登记检查结果：铭牌出力、燃料、除尘、照片、两名执法人员；草稿留在手机上。")),
        _step(gettext("属实的点“责令改正”并填期限，打印检查笔录和责令改正文书。")),
        _tasks(gettext("到期复查：合格的附复查记录和照片后销号，不合格的继续整改。"), gettext("待复查"), state="recheck"),
        _step(gettext("数据不对就选“判定有误”，写明看到了什么，规划人员会更正数据。")),
    ]


def _reviewer() -> list[Step]:
    return [
        _tasks(gettext("打开检查任务的“待我审批”，看原因、照片和记录。"), gettext("待我审批"), state="asked"),
        _step(gettext("在案件里同意或不同意豁免、判定有误；自己的申请须由另一人审批。")),
        _step(gettext("同意后案件办结；同样的依据不再立案，依据变了会重新立案。")),
        _step(gettext("在数据页核对最近变更和审计链。"), gettext("数据"), "data", "data"),
    ]


def _admin() -> list[Step]:
    return [
        _step(gettext("新建账号，选角色，定乡镇、网格或队伍；初始密码只显示一次。"), gettext("账号管理"), "users", "users"),
        _step(gettext("有人调离就停用账号，登录中的设备立即退出。"), gettext("账号管理"), "users", "users"),
        _step(gettext("导入新数据用命令 python app.py import；备份用 python app.py backup。")),
        _step(gettext("用 python app.py check 自检；数据页显示审计链的编号。"), gettext("数据"), "data", "data"),
        _step(gettext("其余同规划人员。")),
    ]


def _viewer() -> list[Step]:
    return [
        _step(gettext("在总览看全市情况和进度。"), gettext("总览"), "overview"),
        _step(gettext("在判定清单筛选、下载；个人信息不显示。"), gettext("判定清单"), "findings"),
        _step(gettext("点开企业看判定依据单并打印；在区域页看公告范围。"), gettext("区域"), "zones"),
        _step(gettext("规则原文、法律依据和参数在说明页。"), gettext("说明"), "about"),
    ]


_DAYS = {
    "planner": _planner, "reviewer": _reviewer, "grid_head": _grid_head, "inspector": _inspector, "viewer": _viewer,
    "admin": _admin,
}  # fmt: skip


def _questions() -> list[tuple[str, str]]:
    return [
        (gettext("为什么是“待核实”？"), gettext("缺资料或坐标不够准。判定依据单列出须补充的内容；补上后系统自动重判。")),
        (gettext("“边界疑似”是什么？"), gettext("到区域边界的距离小于坐标精度，区内区外判定不同；补测坐标即可。")),
        (gettext("判定不对怎么办？"), gettext("在案件里选“判定有误”并写明原因；规划人员更正数据，另一人审批。")),
        (gettext("改错了能恢复吗？"), gettext("能。编辑页的“修改历史”里选“恢复这一版”，预览后保存；历史从不删除。")),
        (gettext("能用 Excel 或 QGIS 改吗？"), gettext("能。导出后在别处修改，上传时勾选“带回修改”，逐行核对后接受。")),
        (gettext("为什么看不到别处的企业？"), gettext("只显示您负责的乡镇和网格；没有权限和不存在显示相同。")),
        (gettext("没有网络能用吗？"), gettext("地图和数据都在本机，不访问外部网站；手机上的记录先存草稿，恢复后提交。")),
        (gettext("换个日期看？"), gettext("页面上方的“判定日期”可改；链接会带上日期，检查任务始终按今天。")),
    ]


def show() -> str:
    """A usual day of the reader's roles, what the verdicts mean, common questions."""
    only(("role",))
    wanted = only(("role",))["role"]
    mine = [role for role in principal().roles if role in _DAYS]
    shown = [wanted] if wanted in _DAYS else mine or ["viewer"]
    return render_template(
        "help.html", active="help", days=[(role, _DAYS[role]()) for role in shown],
        roles=[role for role in ROLES if role in _DAYS], chosen=wanted, meanings=meanings(),
        questions=_questions(), found=assessment(),
    )  # fmt: skip


PAGES = [Page("/help", "help", show, "view")]
