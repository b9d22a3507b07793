"""Planning: how many people where, and when they must have started."""
