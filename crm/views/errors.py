"""Why a view can't be kept so. Codes: required, name_taken, too_many, not_yours, unknown_role."""


class ViewRefused(Exception):
    def __init__(self, code: str, *, field: str = "") -> None:
        self.code = code
        self.field = field
        super().__init__(code)
