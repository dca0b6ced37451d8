"""`steadyline doctor`: what is wrong with an installation, and how to mend it. One file for each kind of check."""

from steadyline.doctor.examination import run_doctor

__all__ = ["run_doctor"]
