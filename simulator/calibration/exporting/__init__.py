"""A run as a CRM would give it out, and as an event log."""
