"""Programs under test: started, waited for, killed. Nothing sleeps: waiting is for the process's
end with a short limit, so that a program that dies at start is noticed at once."""

import os
import random
import signal
import socket
import subprocess
import time

from lib.wait import PATIENCE

START_SECONDS = 20 * PATIENCE
_given = set()


def free_port(low=10000, high=30000):
    """A port below the kernel's ephemeral range, so that no outgoing connection takes it while its
    program is being restarted."""
    for _ in range(1000):
        port = random.SystemRandom().randrange(low, high)
        if port in _given:  # perhaps of a program that is down for a moment
            continue
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            _given.add(port)
            return port
    raise RuntimeError("no free port")


class Program:
    """One child process whose output goes to a file. Subclasses give argv(), is_ready()."""

    name = "program"

    def __init__(self, folder):
        self.folder = folder
        self.process = None
        self.log_path = os.path.join(folder, self.name + ".log")
        self.env = dict(os.environ)

    def argv(self):
        raise NotImplementedError

    def is_ready(self):
        raise NotImplementedError

    def start(self, wait=True):
        """Returns the seconds until it was ready."""
        assert self.process is None or self.process.poll() is not None, self.name + " runs already"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.argv(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=subprocess.STDOUT, env=self.env,
                                            cwd=self.folder, start_new_session=True)
        return self.wait_ready() if wait else 0.0

    def wait_ready(self, seconds=START_SECONDS):
        return self.until(self.is_ready, seconds, "being ready", 0.01)

    def until(self, condition, seconds, what, step=0.05):
        """Asks again and again, as long as the program runs. Returns the seconds it took."""
        begin = time.monotonic()
        while not condition():
            if time.monotonic() - begin > seconds:
                raise TimeoutError(f"{self.name}: waited {seconds} s in vain for {what}:\n"
                                   + self.log_end())
            try:
                code = self.process.wait(step)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError(f"{self.name} ended with {code} before {what}:\n{self.log_end()}")
        return time.monotonic() - begin

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """SIGKILL, and gone when this returns."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)

    def stop(self, seconds=15):
        """SIGTERM; returns the exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise TimeoutError(f"{self.name} did not end in {seconds} s:\n{self.log_end()}")
        return self.process.returncode

    def log_text(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def log_end(self, lines=40):
        return "\n".join(self.log_text().splitlines()[-lines:])

    def cpu_seconds(self):
        """Processor time used so far, user and system."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self):
        """Bytes in use: resident and not of a file."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            line = next(line for line in status if line.startswith("RssAnon:"))
        return int(line.split()[1]) << 10


def port_open(port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0
