"""Why a backup could not be made or restored."""


class BackupError(Exception):
    """The text is one sentence or two for the operator: what happened, and what to do."""
