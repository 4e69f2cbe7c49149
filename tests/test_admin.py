"""Django's admin: nowhere unless a setting names its address, and then behind the one sign-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ASK = """
import django, json
django.setup()
from django.contrib import admin
from django.test import RequestFactory
from soundverse_site import urls
apps = {model._meta.app_label for model in admin.site._registry}
request = RequestFactory().get("/desk/login/")
request.user = type("Nobody", (), {"is_authenticated": False})()
print(json.dumps([sorted(apps), admin.site.login(request).headers["Location"]]))
"""


def test_the_admin_shows_no_tasks_and_has_no_sign_in_of_its_own(tmp_path: Path) -> None:
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "soundverse_site.settings",
        "DATA_DIR": str(tmp_path),
        "ADMIN_PATH": "desk",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, env=env, text=True, capture_output=True
    )
    apps, sign_in = json.loads(done.stdout)
    assert "django_q" not in apps
    assert sign_in.startswith("/accounts/login/")


def test_without_the_setting_there_is_no_admin() -> None:
    from soundverse_site import urls

    assert not [pattern for pattern in urls.urlpatterns if "admin" in repr(pattern)]
