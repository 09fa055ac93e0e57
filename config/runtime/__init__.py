"""What starts the product on one machine: embedded servers, supervisor, `bin/serve`, `bin/test`.

Standard library only (the roles are set with psycopg), so that it works before Django does.
"""
