"""What a rule is told about each bin that an arriving item could go into.

Bins are in order of opening; the last one is always an empty bin, not opened yet.
"""

FEATURES = {
    "item": "size of the arriving item",
    "remaining": "free capacity of this bin before the item is in it",
    "capacity": "capacity of every bin",
    "inside": "number of items in this bin, 0 if it is the empty one",
    "number": "number of this bin in order of opening, from 0",
    "previous": "free capacity of the bin before it among those into which the item fits, 0 if there is none",
    "tightest": "smallest free capacity of a bin into which the item fits",
    "fitting": "number of bins into which the item fits, the empty one included",
    "opened": "number of bins opened so far",
    "packed": "number of items packed so far",
    "mean_item": "mean size of the items so far, this one included",
}
"""Parameters of a rule, in order, with their meaning; sizes and capacities are in the instance's unit."""

SIGNATURE = f"float64({', '.join(['float64'] * len(FEATURES))})"
