"""The models of this computer for the window: listed, and changed by one long act at a time, each with its progress."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.controllers.model_cards import ModelListing, listing
from app.controllers.model_keeper import ModelKeeper, ready
from app.controllers.model_library import offered_pack
from app.core.errors import EnvironmentFault, WardNoteError
from app.inference.catalog import CatalogModel
from app.inference.work import Work
from app.settings.policy import Policy
from app.workers.background import BackgroundWorker

logger = logging.getLogger(__name__)

Act = Callable[[Work], str]
"""Does something long and returns what it did, in a sentence."""


class ModelsController(QObject):
    """Lists the models and acts on them, in threads of its own.

    Signals:
        listed: a ModelListing.
        failed: a sentence; the models cannot be listed.
        progressed: how far the act is: a stage in words, and its fraction (0-1).
        engine_chosen: a model's name and the engine that it is to run on from now on; somebody keeps it.
        ended: whether the act was done, and a sentence; exactly once for each act, the list is read anew after it.
    """

    listed = Signal(object)
    failed = Signal(str)
    progressed = Signal(str, float)
    engine_chosen = Signal(str, str)
    ended = Signal(bool, str)

    def __init__(self, keeper: ModelKeeper, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self._reader, self._worker = BackgroundWorker(self), BackgroundWorker(self)
        self._work: Work | None = None

    @property
    def busy(self) -> bool:
        """Whether an act is under way."""
        return self._work is not None

    def refresh(self) -> None:
        """Read the list; answered by `listed` or `failed`."""
        self._reader.submit(self._read, self._tell_list)

    def fetch(self, names: Sequence[str]) -> None:
        """Get these models over the network, and make them ready."""

        def act(work: Work) -> str:
            for model in self._models(names):
                self._keeper.fetch(model, work)
            return self._prepared(names, work)

        self._begin(act)

    def prepare(self, names: Sequence[str]) -> None:
        """Quantise and prove these models, whose files are here."""
        self._begin(lambda work: self._prepared(names, work))

    def install(self, path: Path) -> None:
        """Take a model pack, or a hospital's own model in a folder or file, which is then made ready."""

        def act(work: Work) -> str:
            if self._keeper.is_pack(path):
                pack = self._keeper.look_into(path)
                self._keeper.install(pack, work)
                names = "、".join(model.name for model in pack.manifest.models)
                return f"已从模型包安装并校验：{names}。"
            added = self._keeper.add(path, None, None, work)
            return self._prepared([added.name], work)

        self._begin(act)

    def verify(self, names: Sequence[str]) -> None:
        """Compute the hashes of all files of these models again."""

        def act(work: Work) -> str:
            groups = [group for model in self._models(names) for group in self._keeper.verify(model, work)]
            faults = [group.fault for group in groups if group.fault]
            if faults:
                raise EnvironmentFault("；".join(faults) + "。")
            return f"校验值相符：{len(groups)} 组文件没有改动。"

        self._begin(act)

    def calibrate(self, names: Sequence[str] | None = None) -> None:
        """Measure these models, or all that are ready, and then what the panes' models gain by running at once."""
        self._begin(lambda work: self._calibrated(names, work))

    def remove(self, name: str) -> None:
        """Remove what was fetched and made of it."""

        def act(_work: Work) -> str:
            (model,) = self._models([name])
            removed = self._keeper.remove(model)
            return f"{model.title} 已移除。" if removed else f"{model.title} 没有可移除的文件。"

        self._begin(act)

    def use_engine(self, name: str, engine: str) -> None:
        """Let the window run this model on this engine from its next start on."""

        def act(_work: Work) -> str:
            if Policy.of(self._keeper.paths).sets("models.engine"):
                raise EnvironmentFault("引擎由医院的策略设定（models.engine），不能在这里切换。")
            self.engine_chosen.emit(name, engine)
            return f"下次打开病程助手时，{name} 使用 {engine}。"

        self._begin(act)

    def stop(self) -> None:
        """End the act that is under way, within a second."""
        if self._work is not None:
            self._work.stop()

    def close(self) -> None:
        """Stop, and end the threads."""
        self.stop()
        self._reader.close()
        self._worker.close()

    def _read(self) -> ModelListing | WardNoteError:
        try:
            return listing(self._keeper.library(), offered_pack(self._keeper.paths))
        except WardNoteError as fault:
            return fault

    def _tell_list(self, found: ModelListing | WardNoteError) -> None:
        if isinstance(found, WardNoteError):
            self.failed.emit(str(found))
        else:
            self.listed.emit(found)

    def _begin(self, act: Act) -> None:
        if self._work is not None:
            return
        work = self._work = Work(self.progressed.emit)
        self._worker.submit(lambda: _outcome(act, work), self._end)

    def _end(self, outcome: tuple[bool, str]) -> None:
        self._work = None
        self.ended.emit(*outcome)
        self.refresh()

    def _models(self, names: Sequence[str]) -> list[CatalogModel]:
        catalog = self._keeper.library().catalog
        return [catalog.get(name) for name in names]

    def _prepared(self, names: Sequence[str], work: Work) -> str:
        models = self._models(names)
        for model in models:
            self._keeper.prepare(model, work)
        return f"已准备好，并与原模型比对通过：{'、'.join(model.title for model in models)}。"

    def _calibrated(self, names: Sequence[str] | None, work: Work) -> str:
        library = self._keeper.library()
        models = library.catalog.models if names is None else self._models(names)
        pairs = [(model, one) for model in models for one in ready(library, model)]
        if not pairs:
            raise EnvironmentFault("没有已准备好的模型可以校准。")
        faults: list[str] = []
        self._keeper.measure(pairs, work, lambda measured: faults.append(measured.fault))
        if any(faults):
            raise EnvironmentFault(" ".join(filter(None, faults)))
        if names is not None:
            return f"已测量 {len(pairs)} 项。"
        gain = self._keeper.measure_gain(work)
        return (
            f"已测量 {len(pairs)} 项；{gain.models} 个模型将{gain.order}生成（同时运行是单个的 {gain.factor:.2f} 倍）。"
        )


def _outcome(act: Act, work: Work) -> tuple[bool, str]:
    try:
        return True, act(work)
    except WardNoteError as fault:
        return False, str(fault)
    except Exception as error:
        logger.exception("an act on models failed")
        return False, f"程序内部出错（{type(error).__name__}），没有完成，详情已记入日志。"
