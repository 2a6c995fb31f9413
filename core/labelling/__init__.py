"""Which images wait for a person, boxes proposed for them, and what people decide."""
