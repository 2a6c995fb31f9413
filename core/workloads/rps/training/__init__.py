"""Fine-tuning: from a dataset of pictures to weights, in a folder where it can be watched, stopped and resumed."""
