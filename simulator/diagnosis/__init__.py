"""What a leader without data knows about the organization, turned into a scenario and remedies."""
