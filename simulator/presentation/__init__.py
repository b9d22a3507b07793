"""What results look like: tables for a terminal, stories of buyers, files."""
