"""What a dispatching rule is told about each operation that it could schedule next.

A machine's queue holds every operation that is the next of its job and needs the machine, also one whose job will only
arrive there later because its previous operation is scheduled and not yet over.
"""

FEATURES = {
    "p": "processing time of this operation",
    "p_next": "processing time of the job's next operation, 0 if there is none",
    "p_longest_after": "longest processing time among the job's later operations, 0 if there is none",
    "work_done": "work of the job's operations before this one",
    "work_remaining": "work of this operation and the job's later ones",
    "ops_done": "number of the job's operations before this one",
    "ops_remaining": "number of the job's operations from this one on",
    "ready": "time at which the job's previous operation ends",
    "start": "earliest time at which this operation can start on its machine",
    "now": "earliest time at which any operation in this machine's queue can start",
    "queue_work": "work of the operations in this machine's queue, this one included",
    "queue_ops": "number of operations in this machine's queue, this one included",
    "machine_work": "work of all operations not yet scheduled on this machine",
    "next_free": "time at which the machine of the job's next operation has done what is scheduled on it; it may lie "
    "before now; 0 if there is no next operation, as for the other next_ arguments",
    "next_queue_work": "work of the operations in that machine's queue",
    "next_queue_ops": "number of operations in that machine's queue",
    "next_machine_work": "work of all operations not yet scheduled on that machine",
    "longest_job": "largest work remaining of any job",
    "busiest_machine": "largest work not yet scheduled of any machine",
    "mean_p": "mean processing time of the instance",
    "lower_bound": "lower bound on the makespan: the longest job or the busiest machine at the outset",
    "progress": "share of all operations that are scheduled, from 0 to 1",
    "jobs": "number of jobs",
    "machines": "number of machines",
}
"""Parameters of a rule, in order, with their meaning; times and work are in the instance's time unit."""

SIGNATURE = f"float64({', '.join(['float64'] * len(FEATURES))})"
