"""What a rule is told about each way to place an arriving pod.

Everything depends on the pod and on what is on this node alone, so a value stays right until the node changes.
"""

FEATURES = {
    "pod_cpu": "cores that the pod needs",
    "pod_memory": "memory that it needs, in GiB",
    "pod_gpus": "number of GPUs that it needs, 0 if none",
    "pod_share": "share that it needs of each of these GPUs: 1 if whole ones, less if it shares one, 0 if none",
    "pod_access": "share of the cluster's GPUs that are of a model it accepts, 1 if any model will do",
    "cpu": "cores of this node",
    "memory": "memory of this node, in GiB",
    "gpus": "number of GPUs of this node",
    "cpu_free": "cores of this node that are free before the pod is placed",
    "memory_free": "memory of this node that is free, in GiB",
    "gpu_free": "free shares of this node's GPUs together, in GPUs",
    "whole_free": "number of this node's GPUs of which nothing is used",
    "slot_free": "free share of the GPU that the pod would use before it does, 1 if whole ones, 0 if none",
    "frag_before": "fragments of this node: its free GPU share that a typical pod cannot use, on average, in GPUs",
    "frag_after": "the same once the pod is placed",
    "pods": "number of pods on this node",
    "alike": "number of pods on this node with the same need of GPUs as this pod, where all shares are one need",
    "kinds": "number of different needs of GPUs among the pods on this node: a share, 1 GPU, 2 GPUs, ...",
    "cpu_most": "cores of the largest node of the cluster",
    "memory_most": "memory of the largest node of the cluster, in GiB",
    "gpus_most": "number of GPUs of the node with most of them",
    "node": "number of this node, from 0",
    "lottery": "random number from 0 to 1 for this node and sort of pod, drawn anew when a pod is placed on the node",
}
"""Parameters of a rule, in order, with their meaning."""

SIGNATURE = f"float64({', '.join(['float64'] * len(FEATURES))})"
