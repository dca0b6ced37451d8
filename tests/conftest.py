"""For all tests: property tests look elsewhere each time, but where a change is judged all see the same examples."""

import os

from hypothesis import settings

# Nobody's own configuration has a say in a test; a service that a test starts inherits this.
os.environ["STEADYLINE_CONFIG"] = ""

# On a busy machine an example may be held up for long, and no test asserts speed.
settings.register_profile("house", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("house")
