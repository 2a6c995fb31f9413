"""The Predict page for workloads on pictures: a photo at once, a video in the background."""
