"""Fine-tuning: from a dataset of images to weights, in a folder that allows observing, stopping and resuming."""
