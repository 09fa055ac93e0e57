"""Files as people have them, read as rows of text. Nothing here knows what the rows mean."""
