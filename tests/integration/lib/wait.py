"""Waiting for a condition over things that are recorded, always with a deadline."""

import asyncio
import os

# One number to stretch when the machine is busy.
PATIENCE = float(os.environ.get("PARLEY_TEST_PATIENCE", "1"))
DEADLINE = 15 * PATIENCE


class Board:
    """What is recorded here wakes those who wait for a condition over it."""

    def __init__(self):
        self._waiters = set()

    def changed(self):
        for waiter in list(self._waiters):
            if not waiter.done():
                waiter.set_result(None)

    async def until(self, condition, deadline=None, what="condition", show=None):
        """Returns the first true result of condition(), which is asked after every change."""
        loop = asyncio.get_running_loop()
        end = loop.time() + (DEADLINE if deadline is None else deadline * PATIENCE)
        while True:
            result = condition()
            if result:
                return result
            waiter = loop.create_future()
            self._waiters.add(waiter)
            # wait_for of Python 3.11 drops a cancellation that comes together with the change.
            try:
                async with asyncio.timeout_at(end):
                    await waiter
            except TimeoutError:
                seen = "" if show is None else "\nseen so far:\n" + show()
                raise AssertionError(f"waited in vain for {what}{seen}") from None
            finally:
                self._waiters.discard(waiter)


async def gather(*work):
    """All at once; the first failure ends the others."""
    tasks = [asyncio.ensure_future(w) for w in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
