"""Two features, a noisy linear boundary, logistic regression."""
