"""What a company does with its first steps and its example."""
