"""What people may send, with every limit, and words for each way to miss it."""

from __future__ import annotations

import json
import unicodedata
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from .models import Generation, Project, User, random_id
from .models.generation import DURATION_MAX, DURATION_MIN, PROMPT_MAX, STYLE_MAX, TAKES_MAX
from .models.track import TITLE_MAX
from .services.generations import Request

PARAMETERS_BYTES, PARAMETERS_DEPTH = 4096, 3
DURATION_DEFAULT = 30
_BREAKS = str.maketrans(dict.fromkeys("\t\n\r\u2028\u2029", " "))


class LineField(forms.CharField):
    """One line of plain text: line breaks and tabs become spaces, other control characters fail.

    The length is counted after that, in characters, and the message says by how much it is over.
    """

    def __init__(self, *, name: str, limit: int, **options: Any) -> None:
        super().__init__(**options)
        self.name, self.limit = name, limit
        self.widget.attrs["maxlength"] = limit

    def to_python(self, value: Any) -> str:
        """Return the text on one line; one with nothing to see in it is empty."""
        text: str = (super().to_python(value) or "").replace("\r\n", "\n").translate(_BREAKS)
        # What is too long is left for `validate` to report, and not looked at letter by letter.
        if len(text) > self.limit or _control_character(text):
            return text
        visible = any(unicodedata.category(letter)[0] not in "CZ" for letter in text)
        return text if visible else ""

    def validate(self, value: str) -> None:
        """Refuse what cannot be sent, and say what to do about it."""
        super().validate(value)
        if (over := len(value) - self.limit) > 0:
            raise ValidationError(
                f"The {self.name} has {len(value):,} characters and may have {self.limit:,}. "
                f"Shorten it by {over:,}."
            )
        if bad := _control_character(value):
            raise ValidationError(
                f"The {self.name} holds a control character (U+{ord(bad):04X}) that cannot be "
                "sent. Delete it, or type the text again."
            )


class ParametersField(forms.Field):
    """A small JSON object for the engine, empty for none."""

    def to_python(self, value: Any) -> dict[str, Any]:
        """Return the object, or tell what is wrong with the text."""
        text = (value or "").strip() or "{}"
        if len(text.encode("utf-8", "replace")) > PARAMETERS_BYTES:
            raise ValidationError("The parameters may have 4 KB at most. Send fewer of them.")
        parsed = _parse_json(text)
        if not isinstance(parsed, dict):
            raise ValidationError(
                'The parameters must be a JSON object, like {"seed": 7}. Put the names and values '
                "between braces, or leave the field empty."
            )
        if _is_deeper(parsed, PARAMETERS_DEPTH):
            raise ValidationError(
                f"The parameters are nested more than {PARAMETERS_DEPTH} deep. Flatten them."
            )
        return parsed


class GenerationForm(forms.Form):
    """The request of the studio page; only the prompt has to be given."""

    prompt = LineField(
        name="prompt",
        limit=PROMPT_MAX,
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "placeholder": "A slow piano piece with brushed drums, like a café after closing",
            }
        ),
        error_messages={"required": "Describe the music you want. A few words are enough."},
    )
    style = LineField(
        name="style",
        limit=STYLE_MAX,
        required=False,
        widget=forms.TextInput(
            attrs={"list": "styles", "placeholder": "Any", "autocomplete": "off"}
        ),
    )
    duration = forms.IntegerField(
        required=False,
        min_value=DURATION_MIN,
        max_value=DURATION_MAX,
        initial=DURATION_DEFAULT,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"),
            f"Give whole seconds from {DURATION_MIN} to {DURATION_MAX}.",
        ),
    )
    model = forms.ChoiceField(
        required=False,
        error_messages={"invalid_choice": "This model is not offered here. Choose one listed."},
    )
    project = forms.ChoiceField(
        required=False,
        error_messages={"invalid_choice": "This is not one of your projects. Choose one listed."},
    )
    takes = forms.TypedChoiceField(
        required=False,
        coerce=int,
        choices=[(str(take), str(take)) for take in range(1, TAKES_MAX + 1)],
        error_messages={"invalid_choice": f"Choose 1 to {TAKES_MAX} takes."},
    )
    parameters = ParametersField(
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 4, "spellcheck": "false", "class": "code", "placeholder": "{}"}
        ),
        help_text="A JSON object for the engine, handed on as it is. Most tracks need none.",
    )
    form_key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, user: User, *args: Any, **options: Any) -> None:
        options["initial"] = {
            "model": settings.SOUNDVERSE_MODELS[0] if settings.SOUNDVERSE_MODELS else "",
            "takes": 1,
            "form_key": random_id(),
        } | (options.get("initial") or {})
        super().__init__(*args, **options)
        self.projects = list(Project.objects.editable_by(user).order_by("pk"))
        names = settings.SOUNDVERSE_MODELS
        self._choices("model", [("", "Engine's choice"), *((name, name) for name in names)])
        self._choices("project", [(str(row.public_id), row.name) for row in self.projects])
        if "project" not in self.initial and self.projects:
            self.initial["project"] = _last_project(user, self.projects)
        exact = settings.UPSTREAM_IS_OWN_ENGINE
        self.fields["duration"].help_text = "Seconds" if exact else "Seconds, about"

    def clean_model(self) -> str:
        """A request that names no model gets the page's default; an empty one leaves it out."""
        model: str = self.cleaned_data["model"]
        return model if "model" in self.data else str(self.initial["model"])

    def clean_duration(self) -> int:
        """Nothing given means the page's default."""
        return self.cleaned_data["duration"] or DURATION_DEFAULT

    def clean_takes(self) -> int:
        """Nothing given means one take."""
        return self.cleaned_data["takes"] or 1

    def clean(self) -> dict[str, Any]:
        """A spoilt form key cannot be repaired beside a field that nobody sees."""
        if "form_key" in self.errors:
            del self.errors["form_key"]
            self.add_error(None, "This form is out of date. Reload the page and send it again.")
        return self.cleaned_data

    def chosen_project(self) -> Project | None:
        """The project asked for, else the one used last; None for a person who has none."""
        wanted = self.cleaned_data["project"] or self.initial.get("project")
        return next((row for row in self.projects if str(row.public_id) == wanted), None)

    def request(self) -> Request:
        """What the service takes, from the cleaned fields."""
        names = ("prompt", "style", "duration", "model", "parameters", "takes")
        return Request(**{name: self.cleaned_data[name] for name in names})

    def renewed(self, user: User) -> GenerationForm:
        """The same words in a fresh form, ready to be sent as a new request."""
        typed = {name: self.data[name] for name in self.fields if name in self.data}
        return GenerationForm(user, initial=typed | {"form_key": random_id()})

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices


class TitleForm(forms.Form):
    """A track's new name."""

    title = LineField(
        name="title",
        limit=TITLE_MAX,
        error_messages={"required": "Give the track a name."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ShareForm(forms.Form):
    """What a new link to a track allows, and for how long."""

    days = forms.ChoiceField(
        label="Link ends",
        required=False,
        choices=[("", "Never"), ("7", "After 7 days"), ("30", "After 30 days")],
        error_messages={"invalid_choice": "Choose one of the times in the list."},
    )
    allow_download = forms.BooleanField(label="Allow download", required=False)
    show_prompt = forms.BooleanField(label="Show the prompt", required=False)

    def expires_at(self) -> datetime | None:
        """When the link ends; None for never."""
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None


def _last_project(user: User, projects: list[Project]) -> str:
    used = (
        Generation.objects.filter(owner=user, project__in=projects)
        .order_by("-pk")
        .values_list("project__public_id", flat=True)
        .first()
    )
    return str(used or projects[0].public_id)


def _control_character(text: str) -> str:
    return next((one for one in text if unicodedata.category(one) in ("Cc", "Cs")), "")


def _parse_json(text: str) -> Any:
    try:
        parsed = json.loads(text)
        # Written out again, what JSON has no words for fails: NaN, infinity, half a character.
        json.dumps(parsed, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ValidationError(
            "This is no valid JSON. Check quotes, commas and braces; numbers must be finite."
        ) from None
    if "\\u0000" in text:
        raise ValidationError("The parameters hold a NUL character. Remove it.")
    return parsed


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether objects and lists are nested more than `levels` deep; looks no deeper than that."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)
