"""Navigation over the dashboard's pages, nothing else."""

import streamlit as st

from evolve.dashboard.places import CANDIDATE, ICON, RUN, RUNS

st.set_page_config(page_title="evolve", page_icon=ICON, layout="wide")
st.navigation(
    [
        st.Page(RUNS, title="Runs", icon=":material/list:", url_path="runs", default=True),
        st.Page(RUN, title="Run", icon=":material/trending_down:", url_path="run"),
        st.Page(CANDIDATE, title="Candidate", icon=":material/code:", url_path="candidate"),
    ],
    position="top",
).run()
