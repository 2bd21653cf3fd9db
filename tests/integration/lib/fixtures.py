"""Fixtures, and running of `async def` tests: each on a loop of its own, with a deadline."""

import asyncio
import inspect
import logging
import os
import random

import pytest

from lib.parley import BINARY
from lib.site import Site
from lib.wait import PATIENCE

TEST_SECONDS = 120

# slixmpp tells at length about connections that tests cut on purpose.
logging.getLogger("slixmpp").setLevel(logging.CRITICAL)


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true",
                     help="the counts of the long form (also PARLEY_TEST_LONG=1)")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    marker = pyfuncitem.get_closest_marker("deadline")
    seconds = (marker.args[0] if marker else TEST_SECONDS) * PATIENCE
    asyncio.run(_run(pyfuncitem.obj, arguments, seconds))
    return True


async def _run(test, arguments, seconds):
    try:
        async with asyncio.timeout(seconds):
            await test(**arguments)
    finally:
        for value in arguments.values():
            if hasattr(value, "aclose"):
                await value.aclose()


@pytest.fixture(scope="session")
def long_form(request):
    return request.config.getoption("--long") or os.environ.get("PARLEY_TEST_LONG") == "1"


@pytest.fixture
def count(long_form):
    """count("ROUNDS", short, long): how often; the environment's PARLEY_TEST_ROUNDS wins."""

    def choose(name, short, long):
        return int(os.environ.get("PARLEY_TEST_" + name) or (long if long_form else short))

    return choose


@pytest.fixture
def rng(record_property):
    """Chance that can be repeated: PARLEY_TEST_SEED."""
    seed = int(os.environ.get("PARLEY_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
    record_property("seed", seed)
    print(f"PARLEY_TEST_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def report(record_property, capsys):
    """report(name, value): a figure for people, shown even when all is well."""

    def show(name, value):
        record_property(name, value)
        with capsys.disabled():
            print(f"\n    {name}: {value}", end="", flush=True)

    return show


def make_site(tmp_path_factory, name, settings=None):
    if not os.path.exists(BINARY):
        pytest.exit(f"no daemon at {BINARY}: build it, or set PARLEY_BIN", 3)
    return Site(str(tmp_path_factory.mktemp(name)), settings)


@pytest.fixture(scope="session")
def shared_site(tmp_path_factory):
    site = make_site(tmp_path_factory, "site")
    try:
        yield site.start()
    finally:
        site.stop()


@pytest.fixture
def site(shared_site, request):
    """The installation that tests share: they must not stop it, and use chats of their own. It is
    checked after each test that the daemon still runs."""
    yield shared_site
    if not shared_site.parley.running():
        log = shared_site.parley.log_end()
        shared_site.parley.start()
        pytest.fail("the daemon ended during the test:\n" + log)


@pytest.fixture
def own_site(tmp_path_factory):
    """own_site(settings): an installation of the test's own, which it may stop and kill."""
    sites = []

    class Sites:
        def __call__(self, settings=None, start=True):
            site = make_site(tmp_path_factory, "own", settings)
            sites.append(site)
            return site.start() if start else site

        async def aclose(self):
            for site in sites:
                await site.aclose()

    yield Sites()
    for site in sites:
        site.parley.kill()
        site.prosody.kill()
