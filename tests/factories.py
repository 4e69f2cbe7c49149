"""Rows for tests, each valid for the database's own constraints."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from generator.models import Asset, Generation, Membership, Project, Status, Track, User, random_id


def make_user(username: str, **fields: Any) -> User:
    """Create a user with the password `correct horse`."""
    fields.setdefault("email", f"{username}@example.org")
    return User.objects.create_user(username, password="correct horse", **fields)


def make_project(owner: User, name: str = "Evening Songs", **members: User) -> Project:
    """Create a project of `owner`; further members by role (`editor=user`)."""
    project = Project.objects.create(name=name)
    Membership.objects.create(project=project, user=owner, role=Membership.Role.OWNER)
    for role, member in members.items():
        Membership.objects.create(project=project, user=member, role=role)
    return project


def make_generation(
    owner: User, project: Project, status: str = Status.QUEUED, **fields: Any
) -> Generation:
    """Create a generation that has everything its status asks for."""
    defaults: dict[str, Any] = {"prompt": "Warm lo-fi for rain", "style": "lo-fi"}
    if status in (Status.CLAIMED, Status.SUBMITTING, Status.STREAMING, Status.UNKNOWN):
        defaults |= {"lease_token": random_id(), "lease_until": timezone.now()}
    if status not in (Status.QUEUED, Status.CLAIMED, Status.HELD, Status.CANCELLED):
        defaults |= {"posts": 1}
    if status in (Status.FETCHING, Status.READY, Status.TRASHED):
        defaults |= {"audio_url": "https://storage.soundverse.ai/a/music.mp3"}
    if status in (Status.READY, Status.TRASHED, Status.PURGED):
        defaults |= {"audio_sha256": "a" * 64, "audio_bytes": 1000}
    return Generation.objects.create(
        owner=owner, project=project, status=status, **(defaults | fields)
    )


def make_track(
    owner: User, project: Project, title: str = "Electric Dreams", **fields: Any
) -> Track:
    """Create a ready generation with its track; no files behind it (see `make_asset`)."""
    generation = make_generation(owner, project, Status.READY)
    defaults: dict[str, Any] = {
        "duration_ms": 30_000,
        "sample_rate": 44_100,
        "channels": 2,
        "loudness": -14.0,
        "true_peak": -1.2,
        "peaks": [50] * 200,
    }
    return Track.objects.create(
        generation=generation, owner=owner, project=project, title=title, **(defaults | fields)
    )


def make_asset(generation: Generation, kind: str, name: str, **fields: Any) -> Asset:
    """Create the row of a stored file."""
    defaults: dict[str, Any] = {"content_type": "audio/mpeg", "size": 1000, "sha256": "a" * 64}
    return Asset.objects.create(generation=generation, kind=kind, name=name, **(defaults | fields))
