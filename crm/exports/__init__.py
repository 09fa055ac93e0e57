"""Tables of the company as files: what there is to be taken, in which columns, by whom."""
