"""The look: two sets of colours, one palette, one style sheet; follows the system's light or dark scheme."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication

from app.infra.resources import resource_path, resource_text
from app.ui.kit.keys import Keys
from app.ui.kit.words import Words

LINE_HEIGHT = 1.5
UI_FAMILIES = ("Microsoft YaHei UI", "PingFang SC", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC")


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by meaning, as `#RRGGBB`. Every text colour has a contrast of at least 4.5:1 on its ground (WCAG AA)."""

    name: str
    paper: str
    ground: str
    ink: str
    secondary: str
    hairline: str
    accent: str
    on_accent: str
    selection: str
    hover: str
    ai_tint: str
    ai_rule: str
    stale_tint: str
    warning: str
    warning_tint: str
    danger: str
    done: str


LIGHT = Theme(
    name="light",
    paper="#FFFFFF",
    ground="#F5F7FA",
    ink="#1F2933",
    secondary="#5F6C7B",
    hairline="#DDE3EA",
    accent="#1F6FEB",
    on_accent="#FFFFFF",
    selection="#E3EDFD",
    hover="#EDF1F6",
    ai_tint="#F4F0FC",
    ai_rule="#8B6FD0",
    stale_tint="#EDEFF2",
    warning="#8A5300",
    warning_tint="#FFF6E5",
    danger="#B42318",
    done="#17702F",
)
DARK = Theme(
    name="dark",
    paper="#15191E",
    ground="#0E1116",
    ink="#E6EAF0",
    secondary="#9AA5B1",
    hairline="#2A3139",
    accent="#5B9DFF",
    on_accent="#0E1116",
    selection="#1E3350",
    hover="#1F252C",
    ai_tint="#262036",
    ai_rule="#A48BE6",
    stale_tint="#20252B",
    warning="#E3B341",
    warning_tint="#2C2412",
    danger="#FF8A80",
    done="#4CC38A",
)


@dataclass(frozen=True, slots=True)
class TypeSizes:
    """Text sizes in pixels; grow with the system's text size, never below the designed ones."""

    text: int
    small: int
    section: int
    patient: int


def type_sizes(system_pixels: int) -> TypeSizes:
    """Sizes for a system UI font of this pixel size: 14/13/16/20 up to 14 px, in proportion above."""
    text = max(14, system_pixels)
    return TypeSizes(text=text, small=text - 1, section=round(text * 16 / 14), patient=round(text * 20 / 14))


class Appearance(QObject):
    """What every screen needs to know: the theme in force, the keys to name, and `words`, in which language to speak.

    Signals:
        changed: a Theme, after palette and style sheet were replaced.
    """

    changed = Signal(object)

    def __init__(self, application: QApplication, choice: str = "system", words: Words | None = None) -> None:
        """`choice` as for `choose`; `words` are Chinese if not given."""
        super().__init__(application)
        self.application = application
        self._fixed: Theme | None = None
        self.sizes = type_sizes(QFontInfo(application.font()).pixelSize())
        self.theme = LIGHT
        self.keys = Keys(self)
        self.words = words or Words()
        hints = application.styleHints()
        hints.colorSchemeChanged.connect(self._on_scheme_changed)
        application.setStyle("Fusion")
        application.setFont(ui_font(self.sizes.text))
        self.choose(choice)

    def choose(self, choice: str) -> None:
        """`light`, `dark`, or whatever the system has."""
        self._fixed = {"light": LIGHT, "dark": DARK}.get(choice)
        self._on_scheme_changed(self.application.styleHints().colorScheme())

    def apply(self, theme: Theme) -> None:
        """Put a theme in force."""
        self.theme = theme
        self.application.setPalette(palette_of(theme))
        self.application.setStyleSheet(style_sheet(theme, self.sizes))
        self.changed.emit(theme)

    def _on_scheme_changed(self, scheme: Qt.ColorScheme) -> None:
        self.apply(self._fixed or (DARK if scheme is Qt.ColorScheme.Dark else LIGHT))


def ui_font(pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The Chinese UI font in a pixel size."""
    font = QFont()
    font.setFamilies(list(UI_FAMILIES))
    font.setPixelSize(pixels)
    font.setWeight(weight)
    return font


def line_height_percent(font: QFont) -> int:
    """What Qt must be told for lines of 1.5 times the text size: it counts from the font's own line spacing."""
    return max(100, round(100 * LINE_HEIGHT * QFontInfo(font).pixelSize() / QFontMetricsF(font).lineSpacing()))


def has_chinese_font() -> bool:
    """Whether any installed font can draw simplified Chinese; without one the window shows empty boxes."""
    return bool(QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese))


def ensure_chinese_font() -> bool:
    """Where the system has none, use the fonts of `resources/fonts`, if an installer put some there."""
    if not has_chinese_font():
        for path in sorted(resource_path("fonts").glob("*.[to]t[cf]")):
            QFontDatabase.addApplicationFont(str(path))
    return has_chinese_font()


def style_sheet(theme: Theme, sizes: TypeSizes) -> str:
    """The style sheet of `resources/themes/wardnote.qss` with this theme's colours and sizes."""
    values = {name: str(value) for name, value in (asdict(theme) | asdict(sizes)).items()}
    # Quoted there: the program may be installed below any folder, one with a `$` or an apostrophe, too.
    tick = resource_path("icons", "tick.svg").as_posix().replace('"', r"\"")
    return Template(resource_text("themes", "wardnote.qss")).substitute(values, tick=tick)


def palette_of(theme: Theme) -> QPalette:
    """The Qt palette of a theme, for everything that the style sheet does not name."""
    palette = QPalette()
    for role, colour in _roles(theme).items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.secondary))
    return palette


def _roles(theme: Theme) -> dict[QPalette.ColorRole, str]:
    role = QPalette.ColorRole
    return {
        role.Window: theme.ground,
        role.WindowText: theme.ink,
        role.Base: theme.paper,
        role.AlternateBase: theme.ground,
        role.Text: theme.ink,
        role.PlaceholderText: theme.secondary,
        role.Button: theme.ground,
        role.ButtonText: theme.ink,
        role.ToolTipBase: theme.paper,
        role.ToolTipText: theme.ink,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Link: theme.accent,
        role.Light: theme.paper,
        role.Mid: theme.hairline,
        role.Dark: theme.hairline,
        role.Midlight: theme.hover,
        role.Shadow: theme.hairline,
    }
