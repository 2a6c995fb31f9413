"""A workload on images on the Datasets page: its images, where they come from, and the datasets made of them."""
