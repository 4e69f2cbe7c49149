"""The entry to finishing: one call turns a fetching generation into a track, or notes why not."""

from __future__ import annotations

import logging

from ..models import Generation
from ..services.fetching import FetchLease, claim_fetch, postpone_fetch
from ..services.workplace import workplace
from .trouble import FetchRefused, FileTrouble, StorageTrouble

log = logging.getLogger(__name__)


def finish(generation_id: int) -> bool:
    """Turn one fetching generation into a track; True when this call did it.

    False: not due, done by somebody else, or trouble that is now written on the row with the time
    of the next try. Safe to call twice at once.
    """
    lease = claim_fetch(generation_id)
    if lease is None:
        return False
    try:
        return _finish(lease)
    except OSError as error:
        trouble: FileTrouble = StorageTrouble(str(error.strerror))
    except FileTrouble as error:
        trouble = error
    log.warning("generation %s has no file yet: %s", generation_id, trouble)
    postpone_fetch(lease, code=trouble.code, message=str(trouble), for_good=trouble.for_good)
    return False


def _finish(lease: FetchLease) -> bool:
    # numpy, scipy and Pillow weigh 90 MB: a runner, which shares the task module with this one,
    # must not carry them.
    from .finishing import make_track

    if lease.is_worn_out:
        raise FetchRefused(
            "fetch_crashed", "Reading the file stopped this server's worker again and again."
        )
    generation = Generation.objects.get(pk=lease.generation_id)
    with workplace() as folder:
        return make_track(generation, lease, folder)
