"""Results to figures: pure functions of arrays, one file a lesson. Nothing here knows Streamlit."""
