"""Drills: the whole system under faults, in memory and virtual time or with real processes."""
