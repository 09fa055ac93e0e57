"""Settings. Everything that differs between machines comes from the environment."""

from datetime import timedelta
from pathlib import Path

from django.utils.translation import gettext_lazy as _
from kombu import Queue

from .csp import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY
from .env import database, env_bool, env_int, env_list, env_str, redis_prefix

BASE_DIR = Path(__file__).resolve().parent.parent.parent

SECRET_KEY = env_str("SECRET_KEY")
DEBUG = env_bool("DEBUG")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
BASE_URL = env_str("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", BASE_URL)
FIELD_ENCRYPTION_KEYS = env_list("KRAM_FIELD_KEYS")
VERSION = "0.1.0"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "config.apps.GatheredFiles",
    "django.contrib.postgres",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "crm.tenancy",
    "crm.accounts",
    "crm.audit",
    "crm.ops",
    "crm.outbox",
    "crm.jobs",
    "crm.api",
    "crm.webhooks",
    "crm.shell",
    "crm.views",
    "crm.fields",
    "customers",
    "inventory",
    "orders",
    "messaging",
    "analytics",
    "integrations",
    "integrations.imports",
    "integrations.onboarding",
    "config.apps.KramConfig",
]

MIDDLEWARE = [
    "crm.shell.middleware.request_id",
    "crm.ops.middleware.watch_requests",
    "django.middleware.security.SecurityMiddleware",
    "crm.shell.files.StaticFilesMiddleware",
    "crm.shell.middleware.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crm.accounts.middleware.SessionWatch",
    "crm.tenancy.middleware.TenantMiddleware",
    "crm.audit.reads.ReadLog",
    "crm.shell.middleware.LocaleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "crm.shell.context.shell",
            ],
            "builtins": ["django.templatetags.i18n", "crm.shell.templatetags.kram"],
        },
    }
]

# --- Databases: one server, three logins (docs/tenancy.md) -------------------------------------
_pool = env_bool("DATABASE_POOL")
_engine = "crm.tenancy.engine"
DATABASES = {
    "default": {
        **database(env_str("DATABASE_URL"), engine=_engine, pool=_pool),
        "ATOMIC_REQUESTS": True,
    },
    "owner": database(
        env_str("DATABASE_OWNER_URL", env_str("DATABASE_URL")), engine=_engine, pool=False
    ),
    "system": database(
        env_str("DATABASE_SYSTEM_URL", env_str("DATABASE_URL")),
        engine="django.db.backends.postgresql",
        pool=False,
    ),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

# --- Broker and cache ---------------------------------------------------------------------------
REDIS_URL = env_str("REDIS_URL")
# Installs that share a server neither take each other's tasks nor hear each other's events.
REDIS_PREFIX = redis_prefix(REDIS_URL, secret=SECRET_KEY)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": f"{REDIS_PREFIX}cache",
        "OPTIONS": {"serializer": "crm.shell.caching.JsonSerializer"},
        "VERSION": 2,  # the first were pickled: neither release reads the other's
    }
}
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "kram"
# Workers take from both in turn: a job of thousands of rows, which asks for itself again every few
# seconds, neither stands before the short tasks nor waits behind all those that it causes.
CELERY_TASK_QUEUES = (Queue("kram"), Queue("kram.jobs"))
CELERY_TASK_ROUTES = {"jobs.run": {"queue": "kram.jobs"}}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "global_keyprefix": REDIS_PREFIX,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- Accounts and sessions ----------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "accounts:login"
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=3).total_seconds())
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
# By https the browser itself holds the cookies to this very host, to / and to https.
_cookies = "__Host-" if BASE_URL.startswith("https://") else ""
SESSION_COOKIE_NAME = f"{_cookies}kram_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_cookies}kram_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "crm.shell.errors.csrf_failure"

# --- Transport security: on wherever the service is reached by https ----------------------------
_https = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", default=False)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked for from inside, by http
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024 + 4096
TRUSTED_PROXY_COUNT = env_int("TRUSTED_PROXY_COUNT", 0)

# --- Operations (docs/operations.md) ------------------------------------------------------------
METRICS_TOKEN = env_str("METRICS_TOKEN", "")
SENTRY_DSN = env_str("SENTRY_DSN", "")
# Who runs the service signs in by two steps wherever it is reached by https.
PLATFORM_TWO_STEP = env_bool("PLATFORM_TWO_STEP", default=_https)

# --- Mail ---------------------------------------------------------------------------------------
EMAIL_BACKEND = env_str("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_FILE_PATH = env_str("EMAIL_FILE_PATH", str(BASE_DIR / ".kram" / "mail"))
EMAIL_HOST = env_str("EMAIL_HOST", "127.0.0.1")
EMAIL_PORT = env_int("EMAIL_PORT", 25)
EMAIL_HOST_USER = env_str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env_str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", "Kram <no-reply@kram.example>")

# --- Languages ----------------------------------------------------------------------------------
LANGUAGE_CODE = "uk"
LANGUAGES = [("uk", _("Ukrainian")), ("ru", _("Russian")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "kram_language"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Kyiv"

# --- Static files -------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env_str("STATIC_ROOT", str(BASE_DIR / ".kram" / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "crm.shell.staticfiles.NodePackagesFinder",
]
# Names with a hash of what is in the file, kept by browsers for ever: where `collectstatic` was run
# (bin/serve and the image do it). Else the files are found where they lie, under their own names.
STATIC_HASHED = env_bool("STATIC_HASHED")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "crm.shell.staticfiles.HashedStorage"
        if STATIC_HASHED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not STATIC_HASHED
# Nothing is kept in files so far; what is will lie here, and goes into the backup.
MEDIA_ROOT = env_str("MEDIA_ROOT", "")
WHITENOISE_AUTOREFRESH = DEBUG

from .api import API_REQUESTS_PER_MINUTE as API_REQUESTS_PER_MINUTE  # noqa: E402
from .api import REST_FRAMEWORK as REST_FRAMEWORK  # noqa: E402
from .api import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS  # noqa: E402
from .logging import LOGGING as LOGGING  # noqa: E402
from .webhooks import WEBHOOKS_ALLOW_LOCAL as WEBHOOKS_ALLOW_LOCAL  # noqa: E402
from .webhooks import WEBHOOKS_DENIED_NETWORKS as WEBHOOKS_DENIED_NETWORKS  # noqa: E402
