"""A discrete-event simulator of a four-stage sales organization."""
