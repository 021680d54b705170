"""A real, disposable Kubernetes cluster for testing the collection.

Run it from the repository root with ``python3 -m testbed COMMAND``. It needs nothing but
the standard library: it must work before any requirement of the project is installed.
"""
