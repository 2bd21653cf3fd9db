from lib.fixtures import *  # noqa: F403 (hooks and fixtures: pytest takes them from here)
