"""The README's promise: a fresh clone, two commands, and a chat driven by the curl lines that
stand there."""

import os
import re
import signal
import subprocess

import pytest

from lib.parley import ROOT

pytestmark = pytest.mark.demo
MINUTES = 15


def code_blocks(text):
    return re.findall(r"^```(?:sh|bash|shell|console)\n(.*?)^```", text, re.M | re.S)


@pytest.fixture
def clone(tmp_path):
    folder = tmp_path / "parley"
    done = subprocess.run(["git", "clone", "--quiet", ROOT, str(folder)], capture_output=True,
                          text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def demo(clone):
    """config/demo.sh, up and running: yields (folder, its output so far)."""
    log_path = clone.parent / "demo.log"
    with open(log_path, "wb") as log:
        process = subprocess.Popen(["sh", "config/demo.sh"], cwd=clone, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield process, log_path, clone
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)


def wait_for(process, log_path, pattern, seconds):
    """The first match in the demo's output; the demo must not end before it."""
    ended = False
    for _ in range(int(seconds * 5)):
        found = re.search(pattern, log_path.read_text(errors="replace"))
        if found:
            return found
        assert not ended, "the demo ended:\n" + log_path.read_text(errors="replace")[-3000:]
        try:
            process.wait(0.2)
            ended = True  # look once more: it may have said it with its last breath
        except subprocess.TimeoutExpired:
            pass
    raise AssertionError("the demo never said " + pattern + ":\n"
                         + log_path.read_text(errors="replace")[-3000:])


def test_demo_of_a_fresh_clone_serves_the_readmes_chat(demo):
    process, log_path, folder = demo
    wait_for(process, log_path, r"https?://(127\.0\.0\.1|localhost|\[::1\]):\d+", MINUTES * 60)
    blocks = [b for b in code_blocks((folder / "README.md").read_text()) if "curl " in b]
    assert blocks, "the README drives no chat by curl"
    script = "set -eu\n" + "\n".join(blocks)
    done = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"success":true' in done.stdout.replace(" ", ""), done.stdout
