"""What stands before anybody draws: one assessment, ready to be judged in part.

Kept as long as the assessment is, so that a drag costs by what it changes and not by how much there is.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from geo.change import Bystanders
from geo.region import Region
from geo.topology import Flaw
from layers._find import load_layers
from rules._find import load_rules
from rules._frames import frames_from
from rules._parameters import Parameters
from rules._report import Verdict
from rules._rule import Rule
from rules._situation import Situation
from services._draft_rows import Record, ZoneTable
from services.assess import Assessment

Key = tuple[str, str, str]
"""Rule, subject layer, subject code."""
KEPT_DRAWINGS = 24
NOTHING = Verdict("N", "", "", "")
"""The verdict of a subject without a finding."""

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Drawn:
    """One state of a layer somebody is drawing, and where its verdicts differ from the baseline's.

    Attributes:
        altered: the versions of each code that is not as recorded. differs: the verdicts that changed.
        fit: flaws by what they were looked for against (``shape``, ``county``, ``enclosed`` or a neighbour's code).
        covered: m² of each ground (towns, built-up area) that the zone covers.
    """

    altered: dict[str, list[Record]]
    differs: dict[Key, Verdict]
    fit: dict[str, list[Flaw]] = field(default_factory=dict)
    covered: dict[str, float] = field(default_factory=dict)


class Baseline:
    """One assessment with everything that a drawing is compared with (it does not hold the assessment itself)."""

    def __init__(self, assessment: Assessment, region: Region) -> None:
        self.frames, self.findings, self.as_of, self.region = assessment.frames, assessment.findings, assessment.as_of, region
        self.situation = Situation(frames_from(assessment.frames), assessment.as_of, Parameters(region))
        self.lock = threading.RLock()
        self.drawn: OrderedDict[tuple[str, ...], Drawn] = OrderedDict()
        self._made: dict[tuple[str, ...], object] = {}

    def once(self, key: tuple[str, ...], make: Callable[[], _Made]) -> _Made:
        """Something worked out once and kept with the baseline."""
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]  # type: ignore[return-value]  # what its own maker gave

    def keep(self, key: tuple[str, ...], drawn: Drawn) -> None:
        """Keep a state for the next request of the same drag; the one used longest ago goes."""
        self.drawn[key] = drawn
        self.drawn.move_to_end(key)
        while len(self.drawn) > KEPT_DRAWINGS:
            self.drawn.popitem(last=False)

    def table(self, layer: str) -> ZoneTable:
        """The recorded versions of a layer."""
        return self.once(("table", layer), lambda: ZoneTable(load_layers()[layer], self.frames[layer]))

    def verdicts(self, rule: str, layer: str) -> dict[str, Verdict]:
        """The findings of a rule on a layer: code → verdict."""
        return self.once(("verdicts",), self._verdicts).get((rule, layer), {})

    def _verdicts(self) -> dict[tuple[str, str], dict[str, Verdict]]:
        names = ("rule", "subject_layer", "subject_code", *Verdict._fields)
        found: dict[tuple[str, str], dict[str, Verdict]] = {}
        for rule, layer, code, *texts in zip(*(self.findings[name] for name in names), strict=True):
            found.setdefault((rule, layer), {})[code] = Verdict(*texts)
        return found

    def bystanders(self, rule: Rule, layer: str, edited: str) -> Bystanders:
        """The subjects of a layer as changes of the edited layer may concern them under a rule."""
        if rule.zone_layer == edited:
            return self.once(("bystanders", layer, ""), lambda: self._bystanders(layer, None))
        return self.once(("bystanders", layer, rule.key), lambda: self._bystanders(layer, rule.reach_m))

    def _bystanders(self, layer: str, reach_m: float | None) -> Bystanders:
        """Subjects with how near a change must be: their accuracy, or what the rule says of the rows it needs."""
        ground = self.situation.ground(layer)
        tolerance = float(self.situation.params["edge_tolerance_m"])
        reach = np.maximum(ground.accuracy if reach_m is None else reach_m, tolerance)
        areas = np.flatnonzero(ground.is_area)
        return Bystanders(ground.xy, np.broadcast_to(reach, len(ground.xy)), ground.shapes[areas], areas)

    def codes(self, layer: str) -> npt.NDArray[np.object_]:
        """The codes of the subjects of a layer, in the order of its frame."""
        key = load_layers()[layer].key
        return self.once(("codes", layer), lambda: self.situation.subjects(layer)[0][key].to_numpy(dtype=object))


def rules_on(edited: str) -> Iterator[tuple[Rule, str]]:
    """Every rule, with each of its subject layers, that looks at a layer of zones or cells."""
    for rule in load_rules().values():
        if edited == rule.zone_layer or edited in rule.needs:
            for layer in rule.subjects:
                yield rule, layer


_baselines: WeakKeyDictionary[Assessment, Baseline] = WeakKeyDictionary()
_lock = threading.Lock()


def baseline_of(assessment: Assessment, region: Region) -> Baseline:
    """The baseline of a whole assessment, kept as long as the assessment is."""
    with _lock:
        if assessment not in _baselines:
            _baselines[assessment] = Baseline(assessment, region)
        return _baselines[assessment]
