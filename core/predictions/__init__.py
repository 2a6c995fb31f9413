"""Predictions: the prediction log, CSV files and videos predicted in the background."""
