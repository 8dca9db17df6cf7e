"""Published rules for placing GPU-sharing pods, as heuristics that can be evolved; the largest value is chosen.

The formulas are those that Q. Weng et al. (2023), Beware of fragmentation: scheduling GPU-sharing workloads with
fragmentation gradient descent, USENIX ATC, compare, with their integer scores: FGD is theirs; BestFit takes the node
that is left with least; DotProd goes back to R. Grandl et al. (2014), Multi-resource packing for cluster schedulers,
SIGCOMM; GpuPacking to Q. Weng et al. (2022), MLaaS in the wild, NSDI; GpuClustering to W. Xiao et al. (2018), Gandiva,
OSDI. Theirs choose a GPU in a second step, Random one at random; here, equal values go to the fullest GPU that will do.
"""

from problems.vm_placement.features import FEATURES

PARAMETERS = ", ".join(FEATURES)

FGD = """\
gain = frag_before - frag_after
    return math.floor(100.0 / (1.0 + math.exp(-gain)))"""

BEST_FIT = """\
cpu_left = (cpu_free - pod_cpu) / cpu_most
    gpu_left = (gpu_free - pod_gpus * pod_share) / gpus_most
    return math.floor(100.0 * (1.0 - 0.5 * cpu_left - 0.5 * gpu_left))"""

DOT_PROD = """\
along = cpu_free * pod_cpu / cpu_most**2 + gpu_free * pod_gpus * pod_share / gpus_most**2
    return math.floor(100.0 * (1.0 - along / 2.0))"""

GPU_PACKING = """\
if pod_gpus == 0.0:
        return 0.0
    if whole_free == gpus:
        return max(33.0 - gpus, gpus)
    if slot_free < 1.0:
        return 100.0 - math.floor(10.0 * slot_free)
    return max(50.0 - pod_gpus, 33.0)"""

GPU_CLUSTERING = """\
if pod_gpus == 0.0:
        return 0.0
    full = math.floor(25.0 * (gpus_most - gpu_free) / gpus_most)
    if alike > 0.0:
        return full + (75.0 if kinds == 1.0 else 50.0)
    return full + (25.0 if kinds == 0.0 else 0.0)"""

BODIES = {
    "FGD": FGD,
    "BestFit": BEST_FIT,
    "DotProd": DOT_PROD,
    "GpuPacking": GPU_PACKING,
    "GpuClustering": GPU_CLUSTERING,
    "FirstFit": "return -node",
    "Random": "return lottery",
}

SEEDS = {
    name: ("import math\n\n\n" if "math." in body else "") + f"def score({PARAMETERS}):\n    {body}\n"
    for name, body in BODIES.items()
}
