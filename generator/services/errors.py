"""What a service may refuse.

ServiceError           base; its text is for the person and says what to do next
|- NotAllowed          the person's role does not allow it
|- NoLongerPossible    the row has moved on: look again
'- QuotaReached        a limit on use stands in the way; nothing was created
"""


class ServiceError(Exception):
    """Base of all refusals; `str(error)` is for the person."""


class NotAllowed(ServiceError):
    """The person's role in the project does not allow this."""


class NoLongerPossible(ServiceError):
    """The row was not in the expected status any more."""


class QuotaReached(ServiceError):
    """A limit on use stands in the way; nothing was created."""
