"""Programs for those who work on Shifumi; nothing here is needed to run it."""
