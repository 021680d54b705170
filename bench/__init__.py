"""Measurements on the test bed's cluster, each against a baseline taken in the same run. Run one with `make bench`."""
