"""Projects, who belongs to them, and who was asked to."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from .ids import random_id

NAME_MAX = 80


class ProjectQuerySet(models.QuerySet["Project"]):
    """Reads of projects that matter in more than one place."""

    def kept(self) -> ProjectQuerySet:
        """Projects that are not in the trash."""
        return self.filter(trashed_at=None)

    def visible_to(self, user: Any) -> ProjectQuerySet:
        """Projects outside the trash in which the user has any role."""
        return self.kept().filter(memberships__user_id=user.pk)

    def editable_by(self, user: Any) -> ProjectQuerySet:
        """Projects in which the user may make music: as an owner or an editor."""
        return self.kept().filter(
            memberships__user_id=user.pk, memberships__role__in=Membership.Role.makers()
        )


class Project(models.Model):
    """A place where one person or a team keeps what they make."""

    public_id = models.UUIDField(default=random_id, unique=True, editable=False)
    name = models.CharField(max_length=NAME_MAX)
    description = models.CharField(max_length=500, blank=True)
    upstream_ref = models.UUIDField(default=random_id, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    trashed_at = models.DateTimeField(null=True, blank=True, db_index=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="projects"
    )

    objects = ProjectQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    def role_of(self, user: Any) -> Membership.Role | None:
        """Return the user's role here, or None for a stranger."""
        role = self.memberships.filter(user_id=user.pk).values_list("role", flat=True).first()
        return Membership.Role(role) if role else None


class Membership(models.Model):
    """One person's role in one project."""

    class Role(models.TextChoices):
        """What a member may do: an owner everything, an editor make, a viewer hear and judge."""

        OWNER = "owner"
        EDITOR = "editor"
        VIEWER = "viewer"

        @classmethod
        def makers(cls) -> tuple[Membership.Role, ...]:
            """Roles that may make and change music."""
            return (cls.OWNER, cls.EDITOR)

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="one_membership_a_person"),
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "editor", "viewer"]), name="role_in_list"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} as {self.role}"


class Invitation(models.Model):
    """A single-use, expiring offer of a role; only the token's hash is kept."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=Membership.Role.choices)
    email = models.EmailField(blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="invitations_sent"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="invitations_accepted",
    )
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=["owner", "editor", "viewer"]),
                name="invited_role_in_list",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.project}"
