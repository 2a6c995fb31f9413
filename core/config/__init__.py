"""Shared basics: settings, paths, logs, progress. Imports no other package of `core`."""
