"""What records tell by themselves: each number with its interval."""
