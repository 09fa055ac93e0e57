"""Pages of the API: its documentation for developers, and the company's keys."""
