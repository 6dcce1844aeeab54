"""Every selector of what Streamlit and Plotly put into the browser's page.

None of these names is public: a new version may change any of them. They are written here and
nowhere else, and tests/browser/test_streamlit_dom.py opens a page that has each and names those
that no longer match. Only the class `st-key-…` of a container or widget is documented.
"""

import re


def _part(name: str) -> str:
    return f'[data-testid="{name}"]'


# The page, and the script that begins it
SCRIPT = 'script[type="module"][src]'
APP = _part("stApp")
READY = f'{APP}[data-test-connection-state="CONNECTED"][data-test-script-state="notRunning"]'
HEADER = _part("stHeader")
SIDEBAR = _part("stSidebar")
MAIN = _part("stMain")  # what scrolls
CONTENT = _part("stMainBlockContainer")

# What a page is laid out with: one around each element, each container, and each column
ELEMENT = _part("stElementContainer")
CONTAINER = _part("stLayoutWrapper")
COLUMN = _part("stColumn")

# Elements
LOADING = _part("stSkeleton")  # in an element's place while the browser loads its script
ALERT = _part("stAlert")
ERROR = _part("stAlertContentError")
CAPTION = _part("stCaptionContainer")
CHECKBOX = _part("stCheckbox")  # a switch too
COMPONENT = _part("stBidiComponentIsolated")
EXCEPTION = _part("stException")
ICON = _part("stIconMaterial")
IMAGE = _part("stImage")
METRIC_LABEL = _part("stMetricLabel")
MULTISELECT = _part("stMultiSelect")
CHOSEN_OPTION = f"{MULTISELECT} span[title]"
CHOSEN_OPTION_CROSS = f"{MULTISELECT} [data-tag] svg"
FILE_UPLOADER = _part("stFileUploader")
PAGE_LINK = _part("stPageLink")
POPOVER_BUTTON = _part("stPopoverButton")
POPOVER = _part("stPopoverBody")
PRIMARY_BUTTON = '[data-testid^="stBaseButton-primary"]'
RADIO_OPTION = _part("stRadioOption")
SEGMENTED = _part("stButtonGroup")
SHORTCUT = "kbd"  # of a button
SLIDER = _part("stSlider")
SLIDER_CLASS = ".stSlider"
TABLE = f"{_part('stDataFrame')} canvas"
COLOURED_TEXT = ".stMarkdownColoredText"
FORMULA = ".katex"
FORMULA_ALONE = ".katex-display"

# A figure of Plotly
CHART = _part("stPlotlyChart")  # with the plot and its toolbar in it
PLOT = ".js-plotly-plot"
PLOT_AREA = f"{PLOT} .main-svg"
PLOT_MARKS = (  # all but axes, title and legend
    f"{PLOT} :is(.scatterlayer, .barlayer, .heatmaplayer, .imagelayer, .shapelayer, .annotation)"
)
# All series but the first
LATER_SERIES = f"{PLOT} :is(.scatterlayer, .barlayer) > .trace:nth-child(n + 2)"
PLOT_BUTTONS = f"{PLOT} .modebar"
SAVE_BUTTON = '.modebar-btn[data-title*="download" i]'
CELL_LABEL = f"{PLOT} .heatmap-label"
AXIS_NAME = f"{PLOT} .ytick text"

SELECTORS = {name: value for name, value in globals().items() if name.isupper()}


def keyed(key: str) -> str:
    """The container or widget that was made with this key."""
    return ".st-key-" + re.sub(r"[^\w-]", "-", key)
