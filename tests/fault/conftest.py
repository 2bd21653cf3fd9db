"""The installation, the clients and the fixtures are those of tests/integration; its package `lib`
goes on in this folder's."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))

import lib  # noqa: E402 (only now can it be found)

lib.__path__.append(os.path.join(HERE, "lib"))

from lib.fixtures import *  # noqa: E402, F403
from lib.oracle import Oracle  # noqa: E402
from lib.proxy import Proxy  # noqa: E402


@pytest.fixture
def oracle(rng, report):
    """oracle(site): who watches this installation; verify() at the test's end."""
    return lambda site: Oracle(site, report)


@pytest.fixture
def proxies():
    """await proxies(port): a bad network before that port, for the length of the test."""
    opened = []

    class Proxies:
        async def __call__(self, port, listening=None):
            opened.append(await Proxy(port).open(listening))
            return opened[-1]

        async def aclose(self):
            for proxy in opened:
                await proxy.aclose()

    return Proxies()
