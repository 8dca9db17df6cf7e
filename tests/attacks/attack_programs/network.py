"""Talking to anybody."""

from attack_programs.program import python, raw

PROGRAMS = [
    python("connect to a port", "socket.socket().connect(('127.0.0.1', PORT))"),
    python("send a packet", "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', UDP))"),
    python("look up a name", "socket.getaddrinfo(b'localhost', 80)"),
    python("listen on a port", "socket.create_server(('127.0.0.1', 0))"),
    python("connect to an abstract socket", "socket.socket(socket.AF_UNIX).connect('\\0canary')"),
    python("make a pair of sockets", "socket.socketpair()"),
    python("open a raw socket", "socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)"),
    python("open a netlink socket", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)"),
    python("use a socket that may be open", "socket.socket(fileno=3)"),
    raw("make a ring of system calls", 425, "8, 0"),
]
