"""Mutation testing: small faults are inserted one by one, and the tests of the package must detect each."""
