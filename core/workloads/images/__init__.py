"""Shared parts of workloads on images: the manifest of a dataset, drift, and a classifier of whole images."""

from core.workloads.images import messages as messages  # registers the codes of these workloads
