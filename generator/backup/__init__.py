"""One file with everything a studio must not lose, and the way back.

The archive is a plain tar: the database as it was at one moment, the media files which that
database names, and last the manifest, so that a file which was cut short has none. The secret key
and the API key are never in it.
"""
