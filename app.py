"""Navigation over the dashboard's pages, nothing else."""

import streamlit as st

from evolve.dashboard import places

st.set_page_config(page_title="evolve", page_icon=places.ICON, layout="wide")
st.navigation(
    [
        st.Page(places.RUNS, title="Runs", icon=":material/list:", url_path="runs", default=True),
        st.Page(places.LIVE, title="Live", icon=":material/trending_down:", url_path="live"),
        st.Page(places.CANDIDATES, title="Candidates", icon=":material/table_rows:", url_path="candidates"),
        st.Page(places.CANDIDATE, title="Candidate", icon=":material/code:", url_path="candidate"),
        st.Page(places.LINEAGE, title="Lineage", icon=":material/account_tree:", url_path="lineage"),
        st.Page(places.MAP, title="Map", icon=":material/grid_view:", url_path="map"),
        st.Page(places.COMPARE, title="Compare", icon=":material/compare_arrows:", url_path="compare"),
        st.Page(places.WINNER, title="Winner", icon=":material/trophy:", url_path="winner"),
    ],
    position="top",
).run()
