"""Files that go into the cluster, and the container runtime wrapper."""
