"""The one app."""

from django.apps import AppConfig


class GeneratorConfig(AppConfig):
    """Soundverse Studio."""

    name = "generator"
    verbose_name = "Soundverse Studio"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and the receivers of signals."""
        from . import checks, signals  # noqa: F401
