"""The root of all addresses."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

handler400 = "generator.views.failures.bad_request"
handler500 = "generator.views.failures.broken"
urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.account.urls")),
    path("", include("generator.urls")),
]
if settings.ADMIN_PATH:
    from allauth.account.decorators import secure_admin_login
    from django.apps import apps
    from django.contrib import admin

    # Django's own sign-in page counts no tries; allauth's does.
    admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
    # Tasks hold pickles, and a schedule runs any function: neither is for a browser.
    for model in apps.get_app_config("django_q").get_models():
        if admin.site.is_registered(model):
            admin.site.unregister(model)
    urlpatterns.append(path(f"{settings.ADMIN_PATH}/", admin.site.urls))
