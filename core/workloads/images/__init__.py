"""What workloads on images share: the manifest of a dataset, drift, and a classifier of whole images."""
