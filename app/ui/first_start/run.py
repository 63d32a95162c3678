"""Shows the first start where one is due, before anything else of the window exists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import SignalInstance

from app.controllers.first_start import FirstStartController, Step, plan_for
from app.controllers.models import ModelsController
from app.core.errors import PolicyFault
from app.infra.paths import Paths
from app.ui.first_start.dialog import FirstStartDialog, Outcome
from app.ui.kit.theme import Appearance


@dataclass(frozen=True, slots=True)
class Begun:
    """How the window is to be opened: on this data folder, with the sample encounters or without."""

    paths: Paths
    wants_sample: bool = False


def begin(
    paths: Paths,
    appearance: Appearance,
    make_models: Callable[[Paths], ModelsController],
    ended: SignalInstance,
    *,
    ask_folder: bool,
) -> Begun | None:
    """Go through what is open on this data folder; None if the program is to end without a window.

    `ask_folder`: nobody has said yet where the data folder is. `ended` comes when the program is to end meanwhile.
    """
    try:
        plan = plan_for(paths, ask_folder=ask_folder)
    except PolicyFault:  # the window says so
        plan = None
    if plan is None:
        return Begun(paths)
    start = FirstStartController(paths, plan)
    if not plan.asked and plan.preset == {Step.SAMPLE}:
        start.done(Step.SAMPLE)
        start.close()
        return Begun(paths, wants_sample=True)
    dialog = FirstStartDialog(start, make_models, appearance)
    ended.connect(dialog.end)
    try:
        dialog.exec()
    finally:
        dialog.close_models()
        start.close()
    outcome = dialog.outcome
    dialog.deleteLater()
    return None if outcome is Outcome.ENDED else Begun(start.paths, start.wants_sample)
