"""Every order in which the processes of a system can be started: how long after the last start a call is ready."""
