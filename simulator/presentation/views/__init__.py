"""What pictures show: the numbers behind each, found once and drawn in more than one way."""
