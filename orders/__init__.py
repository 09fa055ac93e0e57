"""What customers asked for, and the way of it through the pipeline."""
