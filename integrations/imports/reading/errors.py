"""Why a file can't be read."""


class FileRefused(Exception):
    """`code` is "empty", "too_big", "quota", "not_a_table", "old_excel", "protected", "broken",
    "bomb", "no_rows", "too_many_rows" or "too_many_columns"."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)
