"""A host that can vanish. Needs the right to make network namespaces, as root has."""

import ctypes
import itertools
import os
import socket
import subprocess
import threading

CLONE_NEWNET = 0x40000000  # sched.h
_numbers = itertools.count(1)

_numbers = itertools.count(1)


def run(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (argv, done.stderr)


class Island:
    """A host of its own behind a cable that can be pulled. Its sockets are used from here: a
    socket stays in the network it was made in."""

    def __init__(self):
        number = next(_numbers)
        self.name = f"parley-{os.getpid()}-{number}"
        self.here = f"pl{os.getpid() % 100000}a{number}"
        self.there = f"pl{os.getpid() % 100000}b{number}"
        net = f"10.{200 + os.getpid() % 50}.{number % 250}"
        self.address, self.peer = net + ".1", net + ".2"

    def __enter__(self):
        run("ip", "netns", "add", self.name)
        try:
            run("ip", "link", "add", self.here, "type", "veth", "peer", "name", self.there,
                "netns", self.name)
            run("ip", "address", "add", self.address + "/24", "dev", self.here)
            run("ip", "link", "set", self.here, "up")
            inside = ("ip", "netns", "exec", self.name, "ip")
            run(*inside, "address", "add", self.peer + "/24", "dev", self.there)
            run(*inside, "link", "set", self.there, "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", self.here], check=False, capture_output=True)

    def connect(self, address, number):
        def work(made):
            for _ in range(number):
                s = socket.socket()
                s.settimeout(15)
                s.connect(address)
                made.append(s)

        made = self._inside(work)
        assert len(made) == number
        return made

    def listen(self):
        """A socket at the island's address."""
        (s,) = self._inside(lambda made: made.append(socket.create_server((self.peer, 0))))
        return s

    def _inside(self, work):
        """In a thread of its own, since the network belongs to the thread that makes sockets."""
        made = []

        def run_inside():
            with open(f"/var/run/netns/{self.name}", encoding="ascii") as net:
                libc = ctypes.CDLL(None, use_errno=True)
                assert libc.setns(net.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            work(made)

        thread = threading.Thread(target=run_inside)
        thread.start()
        thread.join()
        return made

    def pull_cable(self):
        run("ip", "link", "set", self.here, "down")

    def plug_in_cable(self):
        run("ip", "link", "set", self.here, "up")
