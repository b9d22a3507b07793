"""What happens: the SimPy reference engine, read as a story of four departments."""
