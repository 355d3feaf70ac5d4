"""Made-up names of the example city: firms, people, trades. Every one begins with 示例."""

from __future__ import annotations

from typing import Any

import numpy as np

TRADES: tuple[tuple[str, str], ...] = (
    ("纺织", "1712"),
    ("印染", "1713"),
    ("水泥制品", "3021"),
    ("建材", "3039"),
    ("化工", "2669"),
    ("铜业", "3211"),
    ("食品", "1499"),
    ("木业", "2039"),
    ("机械", "3489"),
    ("塑料", "2929"),
    ("造纸", "2221"),
    ("茶叶", "1530"),
    ("米业", "1311"),
    ("服装", "1819"),
    ("砖瓦", "3031"),
    ("医药", "2720"),
)
"""Trades with a code of GB/T 4754-2017."""

_ENDINGS = ("厂", "有限公司", "有限公司", "有限责任公司", "实业有限公司")
_BRANDS = tuple(a + b for a in "恒金瑞华兴永盛宏鑫益泰德嘉康富丰顺达隆裕" for b in "达源丰泰盛昌隆和诚通利茂发祥" if a != b)
_FAMILY = "张王李赵陈杨周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾"
_GIVEN = ("伟", "芳", "敏", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "霞", "平", "刚", "桂英")


class Picker:
    """Random choices, all from one generator, so that the seed decides everything."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self._firms = iter(rng.permutation(len(_BRANDS) * len(TRADES)).tolist())

    def one(self, options: Any) -> Any:
        """One of some options."""
        return options[int(self.rng.integers(len(options)))]

    def chance(self, share: float) -> bool:
        """True in about this share of calls."""
        return bool(self.rng.random() < share)

    def person(self) -> str:
        """A made-up name, marked as an example."""
        return f"示例{self.one(_FAMILY)}{self.one(_GIVEN)}"

    def firm(self) -> dict[str, Any]:
        """Name (never the same twice) and trade code of an enterprise."""
        brand, trade = divmod(next(self._firms), len(TRADES))
        name, code = TRADES[trade]
        return {"企业名称": f"示例{_BRANDS[brand]}{name}{self.one(_ENDINGS)}", "行业代码": code}

    def date(self, first: int, last: int) -> str:
        """A day between two years, in one of the ways people write it."""
        year, month, day = (int(self.rng.integers(a, b)) for a, b in ((first, last + 1), (1, 13), (1, 29)))
        return str(self.one((f"{year}-{month:02d}-{day:02d}", f"{year}/{month}/{day}", f"{year}年{month}月{day}日")))
