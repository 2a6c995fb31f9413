"""A workload for Shifumi in a package of its own."""
