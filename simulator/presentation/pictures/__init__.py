"""What views show as pictures inside a page, with the table behind each."""
