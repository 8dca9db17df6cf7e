"""What a rule is told about each job that waits for a machine; what shuts down later is not known to it.

A job waits for a machine if its next operation needs it and it is ready for it: its present operation is over, or it
has not entered the shop and may. The machine that it asks for is free and runs.
"""

FEATURES = {
    "p": "processing time of the job's next operation, for which it needs this machine",
    "p_next": "processing time of the operation after that, 0 if there is none",
    "p_longest_after": "longest processing time among the later operations, 0 if there are none",
    "work_done": "work of the job's operations so far",
    "work_remaining": "work of the job's next operation and the later ones",
    "ops_done": "number of the job's operations so far",
    "ops_remaining": "number of the job's operations from the next one on",
    "waited": "how long the job has been ready for this machine",
    "in_shop": "1 if the job stands on a machine and blocks it, 0 if it has not entered the shop",
    "held_jobs": "number of jobs that wait for the machine on which the job stands, 0 if it stands on none",
    "held_work": "work of the next operations of those jobs",
    "held_machine_work": "work of all operations not yet started on that machine",
    "now": "present time",
    "queue_jobs": "number of jobs that wait for this machine, this one included",
    "queue_work": "work of the next operations of those jobs",
    "machine_work": "work of all operations not yet started on this machine",
    "next_taken": "1 if a job stands on the machine of the operation after the next, else 0",
    "next_left": "processing time that is left of the operation on that machine, 0 if it is over or there is none",
    "next_jobs": "number of jobs that wait for that machine",
    "next_work": "work of the next operations of those jobs",
    "next_machine_work": "work of all operations not yet started on that machine",
    "next_down": "1 if that machine is shut down now, else 0",
    "jobs_in_shop": "number of jobs that stand on machines",
    "limit": "largest number of jobs that may stand on machines at once",
    "machines_down": "number of machines that are shut down now",
    "mean_p": "mean processing time of the instance",
    "lower_bound": "lower bound on the makespan: the longest job or the busiest machine at the outset",
    "progress": "share of all operations that have been started, from 0 to 1",
    "jobs": "number of jobs",
    "machines": "number of machines",
}
"""Parameters of a rule, in order, with their meaning; times and work are in the instance's time unit."""

SIGNATURE = f"float64({', '.join(['float64'] * len(FEATURES))})"
