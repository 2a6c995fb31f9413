"""Rock, paper, scissors: hands on images, detected and classified by YOLO."""

from core.workloads.rps import messages as messages  # registers the codes of this workload
