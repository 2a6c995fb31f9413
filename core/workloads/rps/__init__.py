"""Rock, paper, scissors: hands on images, found and named by a YOLO detector."""

from core.workloads.rps import messages as messages  # registers the codes of this workload
