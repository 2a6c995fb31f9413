"""The personal head: the class layers of a detector, learnt on one person's images in seconds.

Everything else of the network stays as it was: its features are computed once per image, and what is learnt on them is
a logistic regression per scale. The exported model keeps its form, and no PyTorch is needed.
"""
