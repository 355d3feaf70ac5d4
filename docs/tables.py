"""The generated parts of the docs: tables read out of the code, in English and Chinese."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

import app
from docs.words import COMMANDS_ZH, ROUTES_ZH, SETTINGS
from layers._find import load_layers
from layers._layer import Column, Layer
from rules._find import load_rules
from rules._parameters import PARAMETERS, as_text
from rules._verdict import TITLES

ROOT = Path(__file__).resolve().parent.parent


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    lines = [list(head)]
    body = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    out = [*lines, ["---"] * len(lines[0]), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in out) + "\n"


def commands(language: str) -> str:
    """Every command with its arguments and what it does."""
    group = app.cli
    context = click.Context(group, info_name="python app.py")
    rows = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        usage = " ".join(command.collect_usage_pieces(click.Context(command, info_name=name)))
        options = " ".join(f"`{o.opts[0]}`" for o in command.params if isinstance(o, click.Option))
        told = COMMANDS_ZH[name] if language == "zh" else (command.help or "").split("\n\n")[0].replace("\n", " ")
        rows.append([f"`{name} {usage.replace('[OPTIONS]', '').strip()}`".replace(" `", "`"), told, options])
    return _table(("命令", "作用", "选项") if language == "zh" else ("command", "what it does", "options"), rows)


def layers(language: str) -> str:
    """Every layer in a line."""
    head = ("图层", "名称", "条款", "主键", "几何") if language == "zh" else ("layer", "title", "clause", "key", "geometry")
    rows = []
    for layer in load_layers().values():
        title = layer.title if language == "zh" else layer.title_en
        link = f"[`{layer.name}`](docs/layers.md#{layer.name})"
        rows.append([link, title, layer.clause, f"`{layer.key}`", layer.geometry])
    return _table(head, rows)


def rules(language: str) -> str:
    """Every rule in a line."""
    city = "全市" if language == "zh" else "whole city"
    head = ("规则", "条款", "名称", "判定对象", "区域") if language == "zh" else ("rule", "clause", "title", "subjects", "zones")
    return _table(
        head,
        (
            [
                f"`{one.key}`", one.clause, one.title if language == "zh" else one.title_en,
                ", ".join(one.subjects), one.zone_layer or city,
            ]
            for one in load_rules().values()
        ),
    )  # fmt: skip


def _value(default: object) -> str:
    told = as_text(default)
    if isinstance(told, dict):
        return "; ".join(f"{key}: {' / '.join(values)}" for key, values in told.items())
    return ", ".join(told) if isinstance(told, list) else str(told)


def parameters(language: str) -> str:
    """Every parameter of the rules with its default."""
    head = ("参数", "默认值", "单位", "含义") if language == "zh" else ("parameter", "default", "unit", "meaning")
    return _table(
        head,
        ([f"`{p.key}`", _value(p.default), p.unit, p.doc if language == "zh" else p.doc_en] for p in PARAMETERS.values()),
    )


def verdicts(language: str) -> str:
    """Every verdict with its words, worst first."""
    place = 0 if language == "zh" else 1
    head = ("代码", "判定") if language == "zh" else ("code", "verdict")
    return _table(head, ([f"`{key}`", titles[place]] for key, titles in TITLES.items()))


def settings(language: str) -> str:
    """Every setting of the environment."""
    place = 1 if language == "zh" else 0
    head = ("环境变量", "含义") if language == "zh" else ("variable", "meaning")
    return _table(head, ([f"`{name}`", told[place]] for name, told in SETTINGS.items()))


def routes(language: str, api: bool) -> str:
    """Every page, or every API resource, with the permission it asks."""
    rows = []
    for page in app.pages():
        if page.rule.startswith(("/api/", "/healthz", "/metrics")) != api:
            continue
        told = ROUTES_ZH[page.name] if language == "zh" else (page.show.__doc__ or "").strip().split("\n")[0].replace("``", "`")
        rows.append([f"`{page.rule}`{'' if 'GET' in page.methods else ' ' + page.methods[0]}", told, page.permission])
    return _table(("地址", "内容", "权限") if language == "zh" else ("address", "what it gives", "permission"), rows)


def _words(column: Column) -> str:
    if column.vocabulary is None:
        return ""
    return "; ".join(f"`{word}` {'/'.join(synonyms)}" for word, synonyms in column.vocabulary.words.items())


def _one_layer(layer: Layer) -> str:
    style = layer.style
    marks = (("line", style.line), ("fill", style.fill), ("dash", style.dash), ("symbol", style.symbol))
    look = ", ".join(f"{name} {value}" for name, value in marks if value)
    rows = (
        [
            f"`{c.name}`" + (" **必填**" if c.required else ""), " / ".join(c.headers), c.title_en,
            f"{c.kind}{f' [{c.unit}]' if c.unit else ''}", _words(c),
        ]
        for c in layer.columns
    )  # fmt: skip
    head = ("column", "中文表头 accepted headers", "title", "kind [unit]", "词表 vocabulary")
    about = f"条款 clause {layer.clause} · 主键 key `{layer.key}` · {layer.geometry} · 图例 legend: {look}"
    return f'<a id="{layer.name}"></a>\n\n## {layer.title} {layer.title_en} `{layer.name}`\n\n{about}\n\n{_table(head, rows)}'


def dictionary() -> str:
    """Every layer with all its columns and words."""
    return "\n".join(_one_layer(layer) for layer in load_layers().values())


def _one_rule(key: str) -> str:
    rule = load_rules()[key]
    lines = [
        f"## `{rule.key}` {rule.title} {rule.title_en}", "",
        f"> {rule.wording}", "",
        f"- 条款 clause: {rule.clause}",
        f"- 法律依据 legal basis: {rule.legal_basis}",
        f"- 牵头部门 department: {rule.department}",
        f"- 判定对象 subjects: {', '.join(rule.subjects)}; 区域 zones: {rule.zone_layer or '全市 whole city'}",
        f"- 违规情形 violation: {rule.fault} / {rule.fault_en}",
        f"- 所用数据 inputs: {', '.join(f'`{name}`' for name in (*rule.inputs, *rule.zone_inputs))}",
        f"- 参数 parameters: {', '.join(f'`{name}`' for name in rule.parameters) or '–'}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def rule_book() -> str:
    """Every rule with wording, legal basis, inputs."""
    return "\n".join(_one_rule(key) for key in load_rules())


def _snapshot() -> list[dict[str, str]]:
    """The stored result of ``python -m benchmarks.snapshot``, which lies with those of large regions."""
    found = json.loads((ROOT / "benchmarks" / "joins.json").read_text("utf-8")).get("snapshot")
    if found is None:
        return []
    units, rows = f"{found['units']:,}", f"{found['rows']:,}"
    return [{
        "title": f"GIS 快照，{units} 台设备（共 {rows} 行）",
        "title_en": f"GIS snapshot of {units} units ({rows} rows in all)",
        "result": f"{found['snapshot_s']:.0f} s", "memory": f"{found['peak_mb']:.0f} MB",
    }]  # fmt: skip


def benchmarks(language: str) -> str:
    """The stored results of ``make bench``."""
    results = json.loads((ROOT / "benchmarks" / "results.json").read_text("utf-8"))
    head = ("测量", "结果", "内存峰值") if language == "zh" else ("measured", "result", "peak memory")
    title = "title" if language == "zh" else "title_en"
    rows = [[one[title], one["result"], one.get("memory", "")] for one in (*results["rows"], *_snapshot())]
    machine = f"\n{results['machine']}\n"
    return _table(head, rows) + machine
