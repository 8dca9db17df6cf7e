"""What a rule is told about each pod and each node that it could go to next.

Pods are decided one after the other, those of the highest priority class first. Nodes are empty at the outset: a pod
that runs on one now is decided like every other. Until then it waits there.
"""

FEATURES = {
    "cpu": "milli-cores that the pod asks for",
    "memory": "memory that it asks for, in MiB",
    "cpu_free": "milli-cores of the node that no pod decided so far takes",
    "memory_free": "memory of the node that none takes, in MiB",
    "cpu_all": "milli-cores of the node",
    "memory_all": "memory of the node, in MiB",
    "home": "1 if the pod runs on this node now, otherwise 0",
    "running": "1 if it runs on some node now, 0 if it is pending",
    "cpu_waiting": "milli-cores that other pods ask for that run on this node now and are not decided yet",
    "memory_waiting": "memory that these ask for, in MiB",
    "pods_waiting": "number of these",
    "pods": "number of pods decided to go to this node",
    "tier": "priority class of the pod, 0 the highest",
    "tiers": "number of priority classes",
    "number": "number of the pod in order of arrival, from 0",
    "node": "number of the node, from 0",
    "fits": "number of nodes with room for the pod now",
    "undecided": "number of pods of its class, this one included, that are not decided yet and have room somewhere",
    "cpu_undecided": "milli-cores that all pods not decided yet ask for, without those that found no room",
    "memory_undecided": "memory that these ask for, in MiB",
    "cpu_left": "milli-cores of all nodes that no pod decided so far takes",
    "memory_left": "memory of all nodes that none takes, in MiB",
    "nodes": "number of nodes",
}
"""Parameters of a rule, in order, with their meaning."""

SIGNATURE = f"float64({', '.join(['float64'] * len(FEATURES))})"
