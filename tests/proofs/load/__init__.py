"""Mixed traffic on the whole product while processes are killed at random."""
