"""All settings. No other module reads the environment for them.

`daemonset-console up` sets CONSOLE_DATA (the data folder), CONSOLE_KUBECONFIG, CONSOLE_HOSTS, CONSOLE_PORT,
CONSOLE_STATIC and CONSOLE_LINK_COMMAND.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from console import database, state
from console.errors import BadInput


def whole_number(name: str, otherwise: int) -> int:
    """Of the environment. Raises BadInput."""
    text = os.environ.get(name, "").strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) < 8):
        raise BadInput(f"{name} must be a whole number, not {text!r}.", code="bad-setting")
    return int(text) if text else otherwise


HERE = Path(__file__).resolve().parent
# templates/, static/ and docs/ are next to the packages in a checkout, and inside this one where it is
# installed.
BASE_DIR = HERE if (HERE / "templates").is_dir() else HERE.parent
DOCS = BASE_DIR / "docs"
DATA = state.default_folder()
KUBECONFIG = os.environ.get("CONSOLE_KUBECONFIG", "")
CLUSTER_CONNECT_SECONDS = 3.05
CLUSTER_READ_SECONDS = 6.0  # for the next part of a response; lists come in pages
CLUSTER_WRITE_SECONDS = 15.0  # admission webhooks have ten, unless configured otherwise
CLUSTER_DRY_RUN_SECONDS = 30.0  # for all of a review: then what is left is not tried
CLUSTER_CREDENTIALS_SECONDS = 10.0  # for the program of a kubeconfig that gives the credentials
CLUSTER_AWAY_SECONDS = 5.0  # how long a server that did not respond is not asked again
CLUSTER_PAGE_SIZE = 500  # objects in one page of a list
# How many seconds ago what the pages of a draft show of a cluster may have been read …
CLUSTER_RECENT_SECONDS = 30.0  # … when they are opened
CLUSTER_TYPING_SECONDS = 300.0  # … while somebody types in them
CLUSTER_RECENT_BYTES = 32 * 1024 * 1024  # of what is kept for that, as JSON
CONNECTION_HEADER_SECONDS = 10.0  # for the head of a request of a browser
CONNECTION_IDLE_SECONDS = 30.0  # for the next part of its body
HTTPS = os.environ.get("CONSOLE_HTTPS") == "1"
"""Whether people reach the console over https, through a proxy that sets X-Forwarded-Proto."""

# Without a data folder (a build, a test) a new key each time: nothing that it signs is kept.
SECRET_KEY = os.environ.get("CONSOLE_SECRET_KEY") or state.read_key(DATA) or secrets.token_urlsafe(48)
DEBUG = os.environ.get("CONSOLE_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("CONSOLE_HOSTS", "127.0.0.1,localhost,[::1]").split(",")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "crispy_forms",
    "template_partials",
    "console.accounts",
    "console.projects",
    "console.audit",
    "console.web",
    "workloads",
]
MIDDLEWARE = [
    "console.web.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "console.web.middleware.StaticMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # masks the length; Django masks the CSRF token: no BREACH
    "csp.middleware.CSPMiddleware",
    "console.accounts.middleware.SavingMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "console.accounts.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.web.middleware.ErrorsMiddleware",
    "console.projects.middleware.LocationMiddleware",
]
ROOT_URLCONF = "console.urls"
ASGI_APPLICATION = "console.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "console.web.context.shell",
            ],
        },
    }
]
# The templates that crispy renders forms with: templates/console_forms.
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "console_forms"

DATABASES = {"default": database.configuration(os.environ.get("DATABASE_URL", ""), DATA / state.DATABASE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [HERE / "locale"]
FORMAT_MODULE_PATH = ["console.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "console.web.finders.AceFinder",
]
STATIC_ROOT = DATA / "static"
# `up` collects static files, compressed and named by their hash; elsewhere they are served as they are.
COLLECTED = os.environ.get("CONSOLE_STATIC") == "collected"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_AUTOREFRESH = not COLLECTED
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
# Cookies ignore ports: two consoles on one machine must not sign out each other's people.
PORT = os.environ.get("CONSOLE_PORT", "")
LINK_COMMAND = os.environ.get("CONSOLE_LINK_COMMAND", "daemonset-console link")
"""What prints a sign-in link, as this console was started."""
SESSION_COOKIE_NAME = f"daemonset-console-{PORT}" if PORT else "daemonset-console"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = f"{SESSION_COOKIE_NAME}-csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "console.web.errors.csrf_failure"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
X_FRAME_OPTIONS = "DENY"
# Not "no-referrer": browsers then send "Origin: null" with a form, which is refused as one of another site.
SECURE_REFERRER_POLICY = "same-origin"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 30 * 24 * 3600
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# A manifest can have 2 MB, the rest is for the other fields of its form. Only to replace the nodes, a
# signed-in person can send up to 32 MB, as a file or field of a multipart form: see `console.web.bodies`.
BODY_MAX = 4 * 1024 * 1024
LONG_BODY_AT = "/replace-nodes/"
LONG_BODY_MAX = DATA_UPLOAD_MAX_MEMORY_SIZE = 36 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# Deleted objects of the offline store, with their history, are removed for good after so many days; 0: never.
KEEP_DELETED_DAYS = whole_number("CONSOLE_KEEP_DELETED_DAYS", 90)

# Requests that are worked on at once, that wait for it, and for how long: see `console.web.line`.
REQUESTS_AT_WORK = 8
REQUESTS_IN_LINE = 200
REQUEST_WAIT_SECONDS = 15.0

# How often one page checks whether a pod fits on a node: about a second.
FIT_CHECKS = 100_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {
        "without_secrets": {"()": "console.web.logs.WithoutSecrets"},
        "quiet": {"()": "console.web.logs.Quiet"},
        "rarely": {"()": "console.web.logs.Rarely"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        # Mistakes of people are answered on the page; faults of the console are logged by
        # `console.web.errors`.
        "django": {"handlers": [], "propagate": True},
        "django.request": {"level": "CRITICAL"},
        "django.security": {"level": "CRITICAL"},
        "uvicorn.access": {"level": "INFO", "filters": ["without_secrets"]},
        "uvicorn.error": {"filters": ["quiet", "rarely"]},
        "asyncio": {"filters": ["rarely"]},
    },
}
