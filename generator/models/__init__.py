"""The data, from the person down to the files."""

from .generation import Attempt, Chunk, Event, Generation, Runner, Status, Version
from .ids import random_id
from .money import LedgerEntry, Pause
from .project import Invitation, Membership, Project
from .review import Comment, Vote
from .search import SavedFilter
from .sharing import Feedback, ShareLink
from .track import Asset, Favourite, Playlist, PlaylistItem, Track
from .user import User

__all__ = [
    "Asset",
    "Attempt",
    "Chunk",
    "Comment",
    "Event",
    "Favourite",
    "Feedback",
    "Generation",
    "Invitation",
    "LedgerEntry",
    "Membership",
    "Pause",
    "Playlist",
    "PlaylistItem",
    "Project",
    "Runner",
    "SavedFilter",
    "ShareLink",
    "Status",
    "Track",
    "User",
    "Version",
    "Vote",
    "random_id",
]
