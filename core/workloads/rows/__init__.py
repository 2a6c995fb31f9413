"""Shared parts of workloads on rows of numbers: scores, paired tests, drift, calibration, figures, exported models."""
