"""One model's differential: a pane whose diagnoses can be picked."""

from __future__ import annotations

from app.ui.comparison.item_view import ItemView
from app.ui.comparison.run_pane import RunPane
from app.ui.kit.theme import Appearance


class SuggestionPane(RunPane[ItemView]):
    """A pane of the differential."""

    def __init__(self, number: int, appearance: Appearance) -> None:
        super().__init__(number, appearance, ItemView(appearance.keys), "鉴别诊断")

    def show_picks(self) -> None:
        """Say on the button how much would be put into the note."""
        picks = self.body.picks
        self.acts.set_part(f"{len(picks.chosen)} 项" if picks.is_touched else "")

    def _show_acts(self) -> None:
        super()._show_acts()
        self.show_picks()
