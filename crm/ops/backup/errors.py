"""What keeps a backup or a restore from being done."""


class BackupProblem(Exception):
    """Said to the person as it is."""
