"""The person who signs in."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from .ids import random_id


class User(AbstractUser):
    """Django's user with the opaque reference by which the upstream knows this person."""

    upstream_ref = models.UUIDField(default=random_id, unique=True, editable=False)
