"""Predictions: their log, CSV files, videos."""
