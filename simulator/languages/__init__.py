"""In which language the product speaks, and every sentence that it says."""
