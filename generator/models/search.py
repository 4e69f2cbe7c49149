"""Gallery filters that a person keeps."""

from django.conf import settings
from django.db import models


class SavedFilter(models.Model):
    """A named query string of the gallery."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_filters"
    )
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="one_saved_filter_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
