"""From an organization's own files to a scenario, with the evidence for every number."""
