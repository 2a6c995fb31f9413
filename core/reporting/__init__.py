"""Evidence reports: what was decided on which data and why, as one HTML file and as a PDF."""
