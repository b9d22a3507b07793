"""The commands: each parses, calls and prints; none has logic of its own."""
