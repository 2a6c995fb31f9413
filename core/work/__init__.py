"""Heavy steps handed over to workers: the catalog holds the truth, the broker only rings the bell."""
