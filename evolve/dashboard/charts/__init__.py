"""The charts, as Vega-Lite specifications: written out, they take no time to check and to load a library for."""
