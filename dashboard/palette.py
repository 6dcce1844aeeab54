"""The colours and the type size of figures and pages. Imports nothing."""

# Six colours that keep a contrast of 3:1 on the light and on the dark background and stay apart
# for colour-blind eyes (both tested); after Okabe & Ito 2008, "Color Universal Design".
BLUE, ORANGE, GREEN, PURPLE, AMBER, GREY = PALETTE = (
    "#3093e4",
    "#b44c22",
    "#058b5e",
    "#b137a6",
    "#b09106",
    "#717f8b",
)

# Attention weights, 0 to 1: perceptually even, and readable without colour.
SEQUENTIAL = "Viridis"
# Signed values around 0.
DIVERGING = "RdBu_r"

# The background and text of images of attention maps, the same in both themes.
PLATE, PLATE_TEXT = "#10161d", "#e9edf1"

# The background of the (light, dark) page, as in .streamlit/config.toml.
BACKGROUND = ("#ffffff", "#10161d")
# Text and grid of figures, which are drawn for the light page; see figures/layout.py.
FIGURE_TEXT, FIGURE_GRID = "#16202c", "#d5dce3"

# Readable from the last row of a lecture hall: pixels at 1280×720.
FIGURE_FONT_SIZE = 16
