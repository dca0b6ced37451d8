"""Deterministic simulation: the whole system in virtual time, under random histories of everything that can happen to it."""
