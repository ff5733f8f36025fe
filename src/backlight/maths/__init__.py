"""Numerical helpers that know nothing of optics."""
