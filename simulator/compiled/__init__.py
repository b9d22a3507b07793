"""The compiled twin of the reference in ``organization``: the same rows, a hundred times faster.

It shares the decisions, laws and draws of the reference, compiled from their own source; calendar,
queues and the people's loop are its own. A mechanism is added to the reference first; the tests of
parity fail until the twin follows.
"""
