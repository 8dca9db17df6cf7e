"""What a rule is told about each job that it could process next, and what a heuristic takes and returns."""

FEATURES = {
    "p": "processing time of this job",
    "due": "due date of this job; negative for a job that was due before time 0",
    "slack": "due - now - p: how long the job could still wait without being late, negative if it will be late anyway",
    "now": "time at which this job would start: the work already processed",
    "jobs_left": "number of jobs not yet processed, this one included",
    "mean_p": "mean processing time of the jobs not yet processed",
    "longest_p": "longest processing time of the jobs not yet processed",
    "mean_due": "mean due date of the jobs not yet processed",
    "late_left": "number of the jobs not yet processed that would be late even if processed next",
    "jobs": "number of jobs of the instance",
    "work": "sum of all processing times of the instance: the time at which the last job ends",
}
"""Parameters of a rule, in order, with their meaning; times are in the instance's time unit."""

RULE_SIGNATURE = f"float64({', '.join(['float64'] * len(FEATURES))})"
SEQUENCE_SIGNATURE = "int64[::1](int64[::1], int64[::1])"
