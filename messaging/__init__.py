"""What the company says to its customers."""
