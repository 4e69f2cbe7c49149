"""All settings, read from the environment or from `.env` beside manage.py.

A wrong value stops the start with the name of the variable and what to set it to.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from soundverse_site.environment import Environment, kept_secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(BASE_DIR / ".env")

# Where things are kept
DATA_DIR = env.folder("DATA_DIR", str(BASE_DIR / ".data"))
SPOOL_DIR = DATA_DIR / "spool"
BOARD_FILE = DATA_DIR / "board"

# Who may reach the site
DEBUG: bool = env.bool("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY") or kept_secret(DATA_DIR / "secret_key")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE_URL = env.origin("SITE_URL", "http://127.0.0.1:8000")
SITE_HTTPS = SITE_URL.startswith("https://")
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS",
    default=["127.0.0.1", "localhost", "[::1]", urlsplit(SITE_URL).hostname],
)
CSRF_TRUSTED_ORIGINS = [SITE_URL]
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SIGNUP_CHOICES = ("open", "invite", "closed")
ADMIN_PATH: str = env.str("ADMIN_PATH", default="").strip("/")

# The upstream
VENDOR_URL = "https://api.soundverse.ai"
SOUNDVERSE_API_KEY = env.secret("SOUNDVERSE_API_KEY")
ENGINE_PORT = env.number("ENGINE_PORT", 8001, 1)
ENGINE_API_KEY = env.secret("ENGINE_API_KEY")
ENGINE_URL: str = (
    env.origin("ENGINE_URL", "http://none.invalid") if env.str("ENGINE_URL", default="") else ""
)
OWN_ENGINE_URL = f"http://127.0.0.1:{ENGINE_PORT}"
# Only the engine that `start` runs by itself can charge nothing; whatever a setting names may.
UPSTREAM_IS_OWN_ENGINE = not (
    SOUNDVERSE_API_KEY or ENGINE_URL or env.str("SOUNDVERSE_BASE_URL", default="")
)
SOUNDVERSE_BASE_URL = env.origin(
    "SOUNDVERSE_BASE_URL", VENDOR_URL if SOUNDVERSE_API_KEY else ENGINE_URL or OWN_ENGINE_URL
)
UPSTREAM_IS_ENGINE = SOUNDVERSE_BASE_URL in (OWN_ENGINE_URL, ENGINE_URL)
if not SOUNDVERSE_BASE_URL.startswith("https://") and not UPSTREAM_IS_ENGINE:
    raise ImproperlyConfigured(
        f"SOUNDVERSE_BASE_URL is {SOUNDVERSE_BASE_URL!r}: the key may only travel over https. "
        "For a local engine set ENGINE_URL instead."
    )
SOUNDVERSE_STREAM_PATH: str = env.str("SOUNDVERSE_STREAM_PATH", default="/v5/generate/music-gen")
SOUNDVERSE_SYNC_PATH: str = env.str("SOUNDVERSE_SYNC_PATH", default="/v5/generate/music-gen/sync")
SOUNDVERSE_USER_ID: str = env.str("SOUNDVERSE_USER_ID", default="")
SOUNDVERSE_PROJECT_ID: str = env.str("SOUNDVERSE_PROJECT_ID", default="")
SOUNDVERSE_MODELS: list[str] = env.list("SOUNDVERSE_MODELS", default=["mureka-7.5"])
SOUNDVERSE_LICENSE: str = env.str("SOUNDVERSE_LICENSE", default="")
SOUNDVERSE_CONCURRENCY = env.number("SOUNDVERSE_CONCURRENCY", 4, 1)
SOUNDVERSE_TRANSPORT = env.choice("SOUNDVERSE_TRANSPORT", "stream", ("stream", "sync"))
SOUNDVERSE_MEDIA_HOSTS: list[str] = env.list(
    "SOUNDVERSE_MEDIA_HOSTS", default=["storage.soundverse.ai"]
)
SOUNDVERSE_READ_TIMEOUT = env.number("SOUNDVERSE_READ_TIMEOUT", 120, 1)
SOUNDVERSE_DEADLINE = env.number("SOUNDVERSE_DEADLINE", 900, 1)
STREAM_SEATS = env.number("STREAM_SEATS", 200, 1)
SIGNUP = env.choice("SIGNUP", "closed" if SOUNDVERSE_API_KEY else "open", SIGNUP_CHOICES)
_paid = bool(SOUNDVERSE_API_KEY)
QUOTA_USER_DAY = env.number("QUOTA_USER_DAY", 50 if _paid else 0, 0)
QUOTA_PROJECT_MONTH = env.number("QUOTA_PROJECT_MONTH", 1000 if _paid else 0, 0)
QUOTA_IN_FLIGHT = env.number("QUOTA_IN_FLIGHT", 4 if _paid else 0, 0)
QUOTA_SITE_DAY = env.number("QUOTA_SITE_DAY", 500 if _paid else 0, 0)

# Django
INSTALLED_APPS = [
    "generator",
    *(["django.contrib.admin"] if ADMIN_PATH else []),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "django_q",
    "heroicons",
]
MIDDLEWARE = [
    "generator.middleware.UnchangedPollMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "generator.middleware.PageHeadersMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "generator.middleware.SignInMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "soundverse_site.urls"
WSGI_APPLICATION = "soundverse_site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": None
            if DEBUG
            else [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "generator.context_processors.studio",
            ],
            "builtins": ["django.templatetags.static", "heroicons.templatetags.heroicons"],
        },
    }
]

# The database. IMMEDIATE takes the write lock at the start, so a transaction never fails half way;
# FULL because NORMAL may roll back the commit that stands before a POST: a second payment.
SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.service(
        "DATABASE_URL",
        f"sqlite:///{DATA_DIR / 'studio.sqlite3'}",
        env.db_url_config,
        "ENGINE",
        "postgres://user:password@host/name",
    )
}
DATABASE_IS_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if DATABASE_IS_SQLITE:
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
    # A file in tests too: a database in memory knows neither WAL nor waiting for a lock.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = env.str("REDIS_URL", default="")
_REDIS_LIKE = "redis://127.0.0.1:6379/0"
# Seconds, so that a Redis that hangs holds no page; the task queue waits one second for work.
_REDIS_WAITS = {"socket_connect_timeout": 0.5, "socket_timeout": 2}
if REDIS_URL:
    env.service("REDIS_URL", "", env.cache_url_config, "BACKEND", _REDIS_LIKE)
CACHE_URL: str = env.str("CACHE_URL", default=REDIS_URL or "dbcache://cache")
_cache = env.service("CACHE_URL", CACHE_URL, env.cache_url_config, "BACKEND", _REDIS_LIKE)
if _cache["BACKEND"].endswith("redis.RedisCache"):
    _cache |= {"BACKEND": "generator.cache.PatientRedisCache"}
    _cache["OPTIONS"] = _REDIS_WAITS | _cache.get("OPTIONS", {})
CACHES = {
    "default": _cache,
    "unkept": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}

# The doorbell (see design: the row in the database is the queue)
Q_CLUSTER: dict[str, Any] = {
    "name": "studio",
    "workers": 4,
    "timeout": 1800,
    "retry": 3600,
    "ack_failures": True,
    "max_attempts": 1,
    "queue_limit": 1,
    "bulk": 1,
    "poll": 0.2,
    "save_limit": 100,
    # Nothing is scheduled, and its status twice a second is not worth a write to a database cache.
    "scheduler": False,
    "cache": "unkept",
    "label": "Tasks",
    # django-q2 takes options of a Redis in its address alone.
    **(
        {"redis": f"{REDIS_URL}{'&' if '?' in REDIS_URL else '?'}{urlencode(_REDIS_WAITS)}"}
        if REDIS_URL
        else {"orm": "default"}
    ),
}

# Files
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = env.folder("MEDIA_ROOT", str(DATA_DIR / "media"))
S3_BUCKET: str = env.str("S3_BUCKET", default="")


def _bucket_origins() -> list[str]:
    """Where signed addresses of the bucket lead: pages must be allowed to load from there."""
    if "AWS_ENDPOINT_URL_S3" in env.ENVIRON:
        return [env.origin("AWS_ENDPOINT_URL_S3", "")]
    region: str = env.str("AWS_DEFAULT_REGION", default="us-east-1")
    hosts = ("s3.amazonaws.com", f"s3.{region}.amazonaws.com")
    return [f"https://{S3_BUCKET}.{host}" for host in hosts]


MEDIA_ORIGINS = _bucket_origins() if S3_BUCKET else []
STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "signature_version": "s3v4",
            "querystring_expire": 300,
            "file_overwrite": True,
            "default_acl": "private",
        },
    }
    if S3_BUCKET
    else {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT, "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100

# Accounts
AUTH_USER_MODEL = "generator.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "studio"
ACCOUNT_ADAPTER = "generator.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_REDIRECT_URL = "studio"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SITE_HTTPS else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_HTTPS
SESSION_COOKIE_NAME = "__Host-session" if SITE_HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SITE_HTTPS else "csrf"

# Mail: the console until a server is named
EMAIL_CONFIG = env.service(
    "EMAIL_URL",
    "consolemail://",
    env.email_url_config,
    "EMAIL_BACKEND",
    "smtp+tls://user:password@host:587",
)
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL: str = env.str(
    "DEFAULT_FROM_EMAIL", default=f"studio@{urlsplit(SITE_URL).hostname}"
)

# Headers
SECURE_HSTS_SECONDS = 31536000 if SITE_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SITE_HTTPS
# The redirect to https is the proxy's, which alone knows how a request came in (security.W008);
# the order of playlists needs no deferred check on SQLite (models.W038).
SECURE_SSL_REDIRECT = False
SILENCED_SYSTEM_CHECKS = ["security.W008", "models.W038"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, *MEDIA_ORIGINS],
        "media-src": [SELF, *MEDIA_ORIGINS],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "soundverse_site.logs.TokenlessFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "generator": {"level": env.str("LOG_LEVEL", default="INFO")},
        "django": {"handlers": [], "level": "WARNING"},
        # runserver's, which by default has a handler of its own and would print tokens.
        "django.server": {"level": "INFO", "propagate": True},
        "django_q": {"handlers": [], "level": "WARNING", "propagate": True},
    },
}
