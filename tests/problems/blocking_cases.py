"""A second blocking job shop, in plain Python and one unit of time after the other, to compare the first with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import permutations, product

Told = dict[str, float]


@dataclass
class Slow:
    """A shop in time. `work` is the processing that is left of the operation at which each job stands."""

    durations: list[list[int]]
    machines: list[list[int]]
    down: list[list[bool]]
    period: int
    limit: int
    now: int = 0
    at: list[int] = field(default_factory=list)
    work: list[int] = field(default_factory=list)
    since: list[int] = field(default_factory=list)
    starts: list[list[int]] = field(default_factory=list)
    told: list[list[Told]] = field(default_factory=list)
    swaps: list[int] = field(default_factory=list)

    def is_down(self, machine: int) -> bool:
        period = self.now // self.period
        return period < len(self.down[machine]) and self.down[machine][period]

    def on(self, machine: int) -> int | None:
        held = [j for j, at in enumerate(self.at) if 0 <= at < self.steps and self.machines[j][at] == machine]
        assert len(held) < 2
        return held[0] if held else None

    @property
    def steps(self) -> int:
        return len(self.down)

    @property
    def inside(self) -> int:
        return sum(0 <= at < self.steps for at in self.at)

    def wants(self, job: int) -> int | None:
        at = self.at[job]
        if at >= self.steps - 1 or (at < 0 and self.inside >= self.limit) or (at >= 0 and self.work[job]):
            return None
        return self.machines[job][at + 1]

    def waiting(self, machine: int) -> list[int]:
        return [job for job in range(len(self.at)) if self.wants(job) == machine]

    def enter(self, job: int) -> None:
        self.at[job] += 1
        self.work[job] = self.durations[job][self.at[job]]
        self.starts[job][self.at[job]] = self.since[job] = self.now

    def features(self, job: int) -> Told:
        following = self.durations[job][self.at[job] + 1 :]
        route = self.machines[job][self.at[job] + 1 :]
        held = self.machines[job][self.at[job]] if self.at[job] >= 0 else None
        after = route[1] if len(route) > 1 else None
        other = self.on(after) if after is not None else None
        flat = [p for row in self.durations for p in row]
        loads = [self.load(m, started=True) for m in range(self.steps)]
        return {
            "p": following[0],
            "p_next": following[1] if after is not None else 0,
            "p_longest_after": max(following[1:], default=0),
            "work_done": sum(self.durations[job]) - sum(following),
            "work_remaining": sum(following),
            "ops_done": self.at[job] + 1,
            "ops_remaining": len(following),
            "waited": self.now - self.since[job],
            "in_shop": held is not None,
            "held_jobs": len(self.waiting(held)) if held is not None else 0,
            "held_work": self.queued(held),
            "held_machine_work": self.load(held),
            "now": self.now,
            "queue_jobs": len(self.waiting(route[0])),
            "queue_work": self.queued(route[0]),
            "machine_work": self.load(route[0]),
            "next_taken": other is not None,
            "next_left": self.work[other] if other is not None else 0,
            "next_jobs": len(self.waiting(after)) if after is not None else 0,
            "next_work": self.queued(after),
            "next_machine_work": self.load(after),
            "next_down": after is not None and self.is_down(after),
            "jobs_in_shop": self.inside,
            "limit": self.limit,
            "machines_down": sum(self.is_down(machine) for machine in range(self.steps)),
            "mean_p": sum(flat) / len(flat),
            "lower_bound": max(max(map(sum, self.durations)), max(loads)),
            "progress": sum(at + 1 for at in self.at if at < self.steps) / len(flat)
            + sum(self.steps for at in self.at if at == self.steps) / len(flat),
            "jobs": len(self.at),
            "machines": self.steps,
        }

    def queued(self, machine: int | None) -> int:
        if machine is None:
            return 0
        return sum(self.durations[job][self.at[job] + 1] for job in self.waiting(machine))

    def load(self, machine: int | None, started: bool = False) -> int:
        """Return the work on a machine that has not been started, or all of it."""
        return sum(
            p
            for job, row in enumerate(self.durations)
            for k, p in enumerate(row)
            if self.machines[job][k] == machine and (started or k > self.at[job])
        )

    def move(self, rule: Callable[[Told], float]) -> bool:
        """Make one move at the present moment; return whether there was one."""
        for job, at in enumerate(self.at):
            if at == self.steps - 1 and self.work[job] == 0:
                self.at[job] = self.steps
                return True
        for machine in range(self.steps):
            jobs = self.waiting(machine)
            if jobs and self.on(machine) is None and not self.is_down(machine):
                told = [self.features(job) for job in jobs]
                if len(jobs) > 1:
                    self.told.append(told)
                self.enter(max(zip(map(rule, told), (-job for job in jobs), jobs, strict=True))[2])
                return True
        for job in range(len(self.at)):
            cycle = self.cycle(job)
            if cycle:
                self.swaps.append(len(cycle))
                for member in cycle:
                    self.enter(member)
                return True
        return False

    def cycle(self, first: int) -> list[int]:
        """Return the jobs of a cycle through a job, each waiting for the machine of the next one, or nothing."""
        path = [first]
        while True:
            machine = self.wants(path[-1]) if self.at[path[-1]] >= 0 else None
            other = self.on(machine) if machine is not None and not self.is_down(machine) else None
            if other is None or other in path[1:]:
                return []
            if other == first:
                return path
            path.append(other)

    def run(self, rule: Callable[[Told], float]) -> list[list[int]]:
        jobs = len(self.durations)
        self.at, self.work, self.since = [-1] * jobs, [0] * jobs, [0] * jobs
        self.starts = [[0] * self.steps for _ in range(jobs)]
        while True:
            while self.move(rule):
                pass
            if all(at == self.steps for at in self.at):
                return self.starts
            for job in range(jobs):
                if self.work[job] and not self.is_down(self.machines[job][self.at[job]]):
                    self.work[job] -= 1
                    self.since[job] = self.now + 1
            self.now += 1


def is_feasible(
    durations: Sequence[Sequence[int]],
    machines: Sequence[Sequence[int]],
    down: Sequence[Sequence[bool]],
    period: int,
    starts: Sequence[Sequence[int]],
) -> bool:
    """Check a schedule of operations that all take time by looking at every unit of time of every machine."""
    taken: set[tuple[int, int]] = set()
    for job, row in enumerate(durations):
        for k, length in enumerate(row):
            machine, time, left = machines[job][k], starts[job][k], length
            off = {period * q + unit for q, stopped in enumerate(down[machine]) if stopped for unit in range(period)}
            if time < 0 or time in off:
                return False
            release = starts[job][k + 1] if k + 1 < len(row) else None
            while left or (release is not None and time < release):
                if (machine, time) in taken or (left and release is not None and time >= release):
                    return False
                taken.add((machine, time))
                left -= 1 if left and time not in off else 0
                time += 1
    return True


def optimum(durations: list[list[int]], machines: list[list[int]]) -> tuple[int, list[list[int]]]:
    """Return the shortest makespan without shutdowns, and start times, by trying every order on every machine."""
    jobs, steps = len(durations), len(durations[0])
    step = [[row.index(machine) for row in machines] for machine in range(steps)]
    best, schedule = sum(map(sum, durations)) + 1, []
    for orders in product(list(permutations(range(jobs))), repeat=steps):
        starts = [[0] * steps for _ in range(jobs)]
        for _ in range(jobs * steps + 1):
            changed = False
            for job, k in product(range(jobs), range(steps)):
                least = starts[job][k - 1] + durations[job][k - 1] if k else 0
                place = orders[machines[job][k]].index(job)
                if place:
                    before = orders[machines[job][k]][place - 1]
                    at = step[machines[job][k]][before]
                    leaves = starts[before][at + 1] if at + 1 < steps else starts[before][at] + durations[before][at]
                    least = max(least, leaves)
                if starts[job][k] < least:
                    starts[job][k], changed = least, True
            if not changed:
                makespan = max(starts[job][-1] + durations[job][-1] for job in range(jobs))
                if makespan < best:
                    best, schedule = makespan, starts
                break
    return best, schedule
