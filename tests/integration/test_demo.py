"""The README's promise: a fresh clone, one command, and a chat driven by the curl lines that stand
there."""

import json
import os
import re
import subprocess

import pytest

from lib.agent import Agent
from lib.parley import ROOT
from lib.process import free_port

pytestmark = [pytest.mark.demo, pytest.mark.deadline(120)]
BUILD_SECONDS = 15 * 60


def run(words, folder, seconds, **more):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=seconds,
                          stdin=subprocess.DEVNULL, check=False, **more)
    assert done.returncode == 0, f"{words[0]}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def code_blocks(text):
    return re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The folder of a fresh clone in which config/demo.sh has started everything, and what it
    said."""
    folder = str(tmp_path_factory.mktemp("demo") / "parley")
    run(["git", "clone", "--quiet", ROOT, folder], "/", 120)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    env.update(PARLEY_DEMO_PORT=str(free_port()), PARLEY_DEMO_XMPP_PORT=str(free_port()))
    try:
        yield folder, run(["config/demo.sh"], folder, BUILD_SECONDS, env=env)
        run(["config/demo.sh", "status"], folder, 60)
    finally:
        run(["config/demo.sh", "stop"], folder, 60)


def answers(text):
    """The JSON objects that curl printed, one a line."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_demo_says_where_it_is(demo):
    _, said = demo
    assert re.search(r"http://127\.0\.0\.1:\d+/", said)
    for agent in ("sarah@localhost", "omar@localhost", "lena@localhost"):
        assert agent in said


def test_readmes_curl_lines_drive_a_chat(demo):
    folder, _ = demo
    with open(os.path.join(folder, "README.md"), encoding="utf-8") as readme:
        blocks = [b for b in code_blocks(readme.read()) if "curl " in b or "key add" in b]
    assert blocks, "the README drives no chat by curl"
    said = run(["bash", "-euc", "\n".join(blocks)], folder, 120)
    replies = answers(said)
    assert replies and all(r.get("success", True) for r in replies), said
    assert "event: message" in said and "idempotent-replayed: true" in said.lower()
    log = next(r for r in replies if r.get("items") and "content" in r["items"][0])
    roles = [m["role"] for m in log["items"]]
    assert {"USER", "ASSISTANT", "AGENT", "SYSTEM"} <= set(roles), said
    assert [m["content"] for m in log["items"]].count("Hello?") == 1


async def test_demos_agent_can_log_in_and_see_the_queue(demo):
    folder, _ = demo
    with open(os.path.join(folder, "demo", "agents.txt"), encoding="utf-8") as agents:
        jid, password = agents.readline().split()
    with open(os.path.join(folder, "demo", "prosody.cfg.lua"), encoding="utf-8") as config:
        port = int(re.search(r"c2s_ports = \{ (\d+) \}", config.read())[1])
    agent = await Agent(port, jid, password).connect()
    try:
        assert "support.localhost" in await agent.items("localhost")
        await agent.items("support.localhost")
    finally:
        await agent.aclose()
