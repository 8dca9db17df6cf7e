"""New processes and threads, and signals to others."""

# ruff: noqa: E501 - a program per line

from attack_programs.program import ERROR, KILLED, OK, REJECTED, python, raw

PROGRAMS = [
    python("fork", "os.fork()"),
    python("fork without end", "while True: os.fork()"),
    python("replace the process", "os.execv('/bin/sh', ['sh', '-c', 'true'])"),
    python("run a command", "os.system('true')"),
    python("run a command with subprocess", "subprocess.run(['/bin/true'])"),
    python("spawn a process", "os.posix_spawn('/bin/true', ['true'], {})"),
    python("start a process with multiprocessing", "multiprocessing.get_context('fork').Process(target=print).start()", KILLED, REJECTED),
    python("start a thread", "threading.Thread(target=print).start()"),
    python("start threads without end", "while True: threading.Thread(target=lambda: None).start()"),
    raw("clone", 56, "0x11, 0, 0, 0, 0"),
    raw("clone by the new system call", 435, "0, 88"),
    raw("fork sharing the memory", 58),
    python("kill the parent", "os.kill(PARENT, signal.SIGKILL)"),
    python("kill the warm process", "os.kill(WARM, signal.SIGKILL)"),
    python("stop the warm process", "os.kill(WARM, signal.SIGSTOP)"),
    python("kill a bystander", "os.kill(BYSTANDER, signal.SIGTERM)"),
    python("kill everybody", "os.kill(-1, signal.SIGKILL)"),
    python("kill the group", "os.killpg(0, signal.SIGKILL)"),
    python("kill itself", "os.kill(os.getpid(), signal.SIGKILL)"),
    # Sending a signal to a thread fails, so that an abort can be told from an attack.
    python("kill the own thread", "signal.pthread_kill(threading.get_ident(), signal.SIGKILL)", ERROR, REJECTED),
    python(
        "kill a thread of the warm process",
        "return {'result': np.array([ctypes.CDLL(None).syscall(234, WARM, WARM, 9)])}", OK, OK,
    ),
    raw("send a signal by a descriptor", 424, "3, 9, 0, 0"),
    raw("open a process as a descriptor", 434, "PARENT, 0"),
    python("leave the session", "os.setsid()"),
    python("raise the own priority", "os.nice(-5)"),
    python("move to another processor", "os.sched_setaffinity(0, [0])"),
    raw("change the limits of the parent", 302, "PARENT, 7, 0, 0"),
]  # fmt: skip
