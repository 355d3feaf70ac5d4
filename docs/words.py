"""Words of the docs that the code does not hold itself: commands, settings and routes; tests keep them whole."""

from __future__ import annotations

COMMANDS_ZH = {
    "start": "一键启动：准备缺少的组件和示例城市，然后启动网页（make run 即此）",
    "demo": "向空数据库写入示例城市",
    "import": "把文件导入图层；未接收的行逐行说明原因",
    "retire": "撤销一条错误记录，历史保留",
    "assess": "按计划各条规则判定每个设施",
    "join": "任意两个文件的点面关联，不需要数据库",
    "export": "把图层导出为文件",
    "map": "把地图写成一个可双击打开的 HTML 文件",
    "layers": "列出图层；给出图层名则列出其字段和词表",
    "rules": "列出规则；给出规则编号则列出原文和参数",
    "serve": "在本机启动网页",
    "check": "自检：数据库、地图组件、边界、规则、字体是否完整",
    "backup": "在使用中一致地备份数据库",
    "user": "账号：新建、列出、停用、改密码、接口令牌",
}

SETTINGS = {
    "BLUESKY_DATABASE_URL": (
        "the store: a path or `sqlite:///path`; `--store` goes first; default `instance/bluesky.sqlite`",
        "数据库：路径或 `sqlite:///路径`；`--store` 优先；默认 `instance/bluesky.sqlite`",
    ),
    "BLUESKY_LANG": ("language of messages, `zh` (default) or `en`", "命令行语言，`zh`（默认）或 `en`"),
    "BLUESKY_LOG": (
        "file for the details of internal errors; default `instance/error.log`",
        "内部错误详情的日志文件；默认 `instance/error.log`",
    ),
    "BLUESKY_FONT": (
        "a Chinese font file for printed maps, before those of the system",
        "打印地图所用的中文字体文件，优先于系统字体",
    ),
    "BLUESKY_IDLE_MINUTES": (
        "minutes without a request after which a session ends; default 60",
        "会话空闲多少分钟后退出；默认 60",
    ),
    "BLUESKY_SESSION_HOURS": ("hours after which a session ends in any case; default 12", "会话最长多少小时；默认 12"),
    "BLUESKY_SSO_HEADER": (
        "header in which a trusted proxy names the account (single sign-on); off by default",
        "由可信代理写明账号的请求头（单点登录）；默认关闭",
    ),
    "BLUESKY_SSO_PROXY": ("addresses of the proxies that header is taken from, separated by commas", "可信代理的地址，逗号分隔"),
    "BLUESKY_CHROMIUM": ("the browser of the browser tests", "浏览器测试所用的浏览器"),
    "BLUESKY_SOAK": (
        "`1`: the long versions of load and crash tests (`make soak`)",
        "`1`：长时间的压力与断电测试（`make soak`）",
    ),
    "CI": ("`true`: a missing browser is a failure", "`true`：找不到浏览器即为失败"),
}

ROUTES_ZH = {
    "overview": "总览：全部图层的地图、计数、乡镇排名、各规则判定",
    "findings": "判定清单的一页，旁边是这些设施的地图",
    "findings_download": "所示清单的下载（xlsx、csv、geojson）",
    "zones": "全部区域",
    "zone": "一个区域：法律记录、地图、区内设施",
    "facility": "一个设施的全部判定；打印即为证据单",
    "city_sheet": "全市单页地图（矢量 PDF）",
    "zone_sheet": "区域的单页地图（矢量 PDF）",
    "facility_sheet": "设施的单页地图（矢量 PDF）",
    "search": "搜索结果页",
    "api_search": "搜索结果（JSON）",
    "data": "各图层的行数、版次和最近一次变更",
    "export": "按所示日期导出图层",
    "about": "规则与用语说明",
    "api_layers": "全部图层：名称、几何、主键、字段、行数、版次",
    "api_layer": "所示日期有效的图层要素（GeoJSON，EPSG:4490）；可用 `bbox`、`full=1`",
    "api_base": "县界、相邻县市、河流和道路底图",
    "api_facilities": "设施点（GeoJSON），可用判定清单的筛选条件",
    "api_summary": "按判定、乡镇、规则的计数",
    "api_findings": "判定清单（每页 50 条）",
    "api_rules": "全部规则：条款、原文、法律依据、参数",
    "login": "登录页；示例城市一键进入",
    "login_password": "用账号和密码登录",
    "login_example": "以示例角色进入",
    "logout": "退出登录，或在所有设备上退出",
    "account": "我的账号：范围、登录中的设备、接口令牌",
    "account_password": "修改密码的表单",
    "account_password_set": "修改密码，其他设备全部退出",
    "account_session_end": "退出另一台设备的登录",
    "account_token_add": "新建接口令牌（只显示一次）",
    "account_token_end": "作废接口令牌",
    "users": "账号管理：全部账号",
    "users_add": "新建账号（初始密码只显示一次）",
    "user": "一个账号：角色、范围、记录",
    "user_change": "修改账号的角色与范围",
    "user_disable": "停用或启用账号",
    "user_password": "重置账号的初始密码",
    "shell_file": "地图外壳的脚本或样式，按内容命名",
    "health": '读过数据库后返回 `{"status": "ok"}`',
}
