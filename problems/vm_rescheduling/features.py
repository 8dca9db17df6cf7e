"""What a rule is told about each move that it could make next.

A slot is 16 free vCPU on one NUMA node; what is free on a node beyond whole slots is its rest. A VM that uses two
nodes uses both nodes of its machine alike; then node 0 comes first, "gain", "loss" and rests are those of both nodes
together, and "steps" those of the node where they are fewer.
"""

FEATURES = {
    "size": "vCPU that the VM uses on each of its NUMA nodes",
    "nodes": "number of NUMA nodes that it uses, 1 or 2",
    "from_free": "free vCPU of the node that it leaves, before it does",
    "from_other": "free vCPU of the other node of that machine",
    "to_free": "free vCPU of the node that it goes to, before it does",
    "to_other": "free vCPU of the other node of that machine",
    "gain": "number of slots that come into being where it leaves",
    "loss": "number of slots that are lost where it goes to",
    "from_rest": "rest of what it leaves, before it does",
    "from_rest_after": "the same afterwards",
    "to_rest": "rest of where it goes to, before it does",
    "to_rest_after": "the same afterwards",
    "from_steps": "fewest VMs that have to leave the node it leaves for one more slot, one more than all if none do",
    "from_steps_after": "the same once the VM has left",
    "to_steps": "fewest VMs that have to leave the node it goes to for one more slot, before it comes",
    "same_machine": "1 if it only goes to the other node of its machine, otherwise 0",
    "moves_left": "number of moves that are still allowed, this one included",
    "limit": "number of moves that were allowed at the outset",
    "slots": "number of slots in the cluster now",
    "free": "free vCPU of the cluster, which no move changes",
    "machines": "number of machines",
}
"""Parameters of a rule, in order, with their meaning."""

SIGNATURE = f"float64({', '.join(['float64'] * len(FEATURES))})"
