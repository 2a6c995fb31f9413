"""What workloads on rows of numbers share: scores, paired tests, drift, calibration, figures, exported models."""
