from lib.fixtures import *  # noqa: F403 (hooks and fixtures: pytest takes them from here)
from lib.modelled import hasty, hasty_site, models, patient, patient_site  # noqa: F401
