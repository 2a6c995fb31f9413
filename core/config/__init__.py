"""What everybody may use: settings, paths, logs, progress. Knows no other room."""
