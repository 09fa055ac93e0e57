"""What the product promises about its own defences, asked as an outsider would."""
