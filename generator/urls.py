"""Addresses of the studio; every id in them is random."""

from django.urls import path

from .views import (
    accounts,
    gallery,
    generations,
    live,
    media,
    operators,
    pages,
    projects,
    studio,
    tracks,
)

urlpatterns = [
    path("", studio.studio, name="studio"),
    path("generations/", studio.create_generation, name="generation_create"),
    path("generations/<uuid:public_id>/", generations.generation, name="generation"),
    path("generations/<uuid:public_id>/cancel/", generations.cancel, name="generation_cancel"),
    path("generations/<uuid:public_id>/retry/", generations.retry, name="generation_retry"),
    path("generations/<uuid:public_id>/dismiss/", generations.dismiss, name="generation_dismiss"),
    path("generations/<uuid:public_id>/hide/", generations.hide, name="generation_hide"),
    path("generations/<uuid:public_id>/fetch/", generations.fetch_again, name="generation_fetch"),
    path("generations/<uuid:public_id>/give-up/", generations.give_up, name="generation_give_up"),
    path("generations/<uuid:public_id>/events/", generations.events, name="generation_events"),
    path("live/", live.live, name="live"),
    path("gallery/", gallery.gallery, name="gallery"),
    path("tracks/<uuid:public_id>/", tracks.track, name="track"),
    path("tracks/<uuid:public_id>/rename/", tracks.rename, name="track_rename"),
    path("tracks/<uuid:public_id>/trash/", tracks.trash_track, name="track_trash"),
    path("tracks/<uuid:public_id>/restore/", tracks.restore_track, name="track_restore"),
    path("tracks/<uuid:public_id>/audio", media.audio, name="track_audio"),
    path("tracks/<uuid:public_id>/cover", media.cover, name="track_cover"),
    path("tracks/<uuid:public_id>/download", media.download, name="track_download"),
    path("projects/", projects.projects, name="projects"),
    path("projects/<uuid:public_id>/", projects.project, name="project"),
    path("projects/<uuid:public_id>/settings/", projects.project_settings, name="project_settings"),
    path("projects/<uuid:public_id>/delete/", projects.delete_project, name="project_delete"),
    path("projects/<uuid:public_id>/restore/", projects.restore_project, name="project_restore"),
    path("trash/", projects.trash, name="trash"),
    path("welcome/<str:token>/", accounts.first_owner, name="first_owner"),
    path("account/", accounts.account, name="account"),
    path("operators/resume/", operators.resume, name="operators_resume"),
    path("healthz", pages.healthz, name="healthz"),
    path("readyz", pages.readyz, name="readyz"),
]
