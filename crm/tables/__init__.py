"""Tables written for people: CSV and XLSX, in pieces, in memory that does not grow with rows."""
