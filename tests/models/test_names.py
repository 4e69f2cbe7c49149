"""What a row is called where operators meet it: in the admin, a shell, a log."""

from __future__ import annotations

from generator import models
from generator.models import Membership, Project, User

from .. import factories


def test_every_row_has_a_name_that_says_what_it_is(user: User, project: Project) -> None:
    track = factories.make_track(user, project)
    work = track.generation
    attempt = models.Attempt(pk=8, generation=work, number=1)
    link = models.ShareLink(track=track)
    saved = [
        (project, "Evening Songs"),
        (track, "Electric Dreams"),
        (work, "Warm lo-fi for rain (take 1)"),
        (attempt, f"attempt 1 of {work.pk}"),
        (link, f"share link {link.public_id}"),
        (factories.make_asset(work, "audio", "a.mp3"), f"audio of {work.pk}"),
        (Membership.objects.get(project=project), "ada as owner"),
    ]
    unsaved = [
        (models.Chunk(attempt=attempt, sequence=3), "chunk 3 of attempt 8"),
        (models.Comment(track=track, author=user, body="Softer here"), "Softer here"),
        (
            models.Event(name="cancel", from_status="queued", to_status="held"),
            "cancel queued -> held",
        ),
        (models.Favourite(user=user, track=track), "ada likes Electric Dreams"),
        (models.Feedback(share_link=link, track=track, body="This one"), "This one"),
        (models.Invitation(project=project, role="editor"), "editor of Evening Songs"),
        (models.LedgerEntry(attempt=attempt, state="estimated"), "estimated for attempt 8"),
        (models.Pause(key_ref="ab12"), "pause of ab12: none"),
        (models.Playlist(name="For the film", owner=user), "For the film"),
        (models.PlaylistItem(track=track, position=2), f"2: {track.pk}"),
        (models.Runner(cluster="studio"), "runner of studio"),
        (models.SavedFilter(user=user, name="Approved"), "Approved"),
        (models.Version(value=7), "7"),
        (models.Vote(track=track, user=user, value=1), "1 by ada"),
    ]
    for row, name in [*saved, *unsaved]:
        assert str(row) == name
