"""Arrays to pictures: pure functions that return what Plotly draws, one file a lesson.

Imports core and dashboard.palette; never Streamlit, not through another module either.
"""
