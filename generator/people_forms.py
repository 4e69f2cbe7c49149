"""Forms about projects and accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from .forms import LineField
from .models import Project
from .models.project import NAME_MAX

DESCRIPTION_MAX = 500
PERSON_MAX = 150


class ProjectForm(forms.Form):
    """A project's name and description."""

    name = LineField(
        name="name",
        limit=NAME_MAX,
        label="Name",
        error_messages={"required": "Give the project a name, so that you find it again."},
    )
    description = LineField(
        name="description",
        limit=DESCRIPTION_MAX,
        label="Description",
        required=False,
        help_text="What the music is for. Members see it on the project's page.",
    )


class DeleteProjectForm(forms.Form):
    """The project's own name, typed, so that a slip of the hand throws nothing away."""

    confirm = forms.CharField(
        label="Type the project's name to confirm",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, project: Project, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.project = project

    def clean_confirm(self) -> str:
        """Compare with the name as it is now."""
        typed: str = self.cleaned_data["confirm"]
        if typed != self.project.name.strip():
            raise ValidationError(
                f"This is not the project's name. Type it exactly: {self.project.name}"
            )
        return typed


class PersonForm(forms.Form):
    """The name that other members see."""

    name = LineField(
        name="name",
        limit=PERSON_MAX,
        label="Name",
        required=False,
        help_text="Shown to the members of your projects.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
