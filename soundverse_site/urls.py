"""The root of all addresses."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

handler400 = "generator.views.failures.bad_request"
urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("generator.urls")),
]
if settings.ADMIN_PATH:
    from django.contrib import admin

    urlpatterns.append(path(f"{settings.ADMIN_PATH}/", admin.site.urls))
