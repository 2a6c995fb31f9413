"""The Label page: the queue, the box editor, what people decide."""
