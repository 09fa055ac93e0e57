"""The settings' page of custom fields."""
