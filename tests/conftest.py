"""For all tests: property tests look elsewhere each time, but where a change is judged all see the same examples."""

import os

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("repeatable")
