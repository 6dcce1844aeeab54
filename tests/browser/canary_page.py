"""A page with one of each element that dashboard/components/streamlit_dom.py has a selector for."""

import streamlit as st

from dashboard.components.save_menu import picture_buttons
from dashboard.figures.layout import figure, readable
from dashboard.figures.traces import heat, line

st.sidebar.caption("A caption in the side bar")
left, right = st.columns(2)
left.error("An error")
right.caption("A caption")
right.exception(ValueError("an exception"))
st.markdown(":red[coloured], and a formula within a line: $a_1$")
st.latex("x^2")
st.image("assets/icon.png", width=20)
st.multiselect("Several", ["one", "two"], ["one"])
st.segmented_control("One of few", ["one", "two"])
st.button("Main", type="primary", shortcut="Ctrl+Y", icon=":material/star:")
st.slider("Number", 0, 9)
st.toggle("Switch")
st.metric("Quantity", 1)
st.radio("One", ["first", "second"])
st.page_link("https://127.0.0.1", label="A link")
st.file_uploader("A file")
st.dataframe({"column": [1, 2]})
with st.popover("More"):
    st.write("behind a button")
cells = heat([[0.1, 0.9]], "weight", 1, text=[["a", "b"]], texttemplate="%{text}")
lines = [line([0, 1], [0, 0], name) for name in ("first", "second")]
st.plotly_chart(readable(figure([cells, *lines], {"height": 200})), theme=None, key="figure")
picture_buttons("figure", "canary")
