"""One settings file for both profiles, read from the environment (and from `.env` where there is one).

Embedded (the default): SQLite, files and the broker under var/, no services. Production: PRODUCTION=true with
DATABASE_URL (PostgreSQL), REDIS_URL, SECRET_KEY and ALLOWED_HOSTS; `heating.checks` refuses to start it half set up.
"""

import datetime as dt
import secrets
from decimal import Decimal
from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists():
    environ.Env.read_env(str(BASE_DIR / ".env"))

VAR_DIR = Path(env.str("VAR_DIR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

PRODUCTION = env.bool("PRODUCTION", False)
DEBUG = env.bool("DEBUG", False)
# Demo mode: the login page shows the demo accounts.
DEMO = env.bool("DEMO", False)


def _embedded_secret_key() -> str:
    """A key of this installation's own, made once."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        path.write_text(secrets.token_urlsafe(50))
        path.chmod(0o600)
    return path.read_text()


SECRET_KEY = env.str("SECRET_KEY", "") or ("" if PRODUCTION else _embedded_secret_key())
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["*"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_tables2",
    "django_filters",
    "django_htmx",
    "axes",
    "csp",
    "common.jobs",
    "common.spreadsheets",
    "audit",
    "accounts",
    "notifications",
    "facilities",
    "inspections",
    "coal",
    "complaints",
    "supervision",
    "dashboard",
    "heating",
]
AUTH_USER_MODEL = "accounts.User"

MIDDLEWARE = [
    "heating.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "common.pending_forms.PendingFormsMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "common.jobs.middleware.TooManyJobsMiddleware",
    "accounts.middleware.IdleSessionMiddleware",
    "accounts.middleware.PasswordChangeMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "heating.urls"
WSGI_APPLICATION = "heating.wsgi.application"

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
                "heating.context_processors.shell",
                "facilities.context.seasons",
                "notifications.context.unread",
                "supervision.context.sweep_state",
            ],
            # Icons, badges, dates: every template has them without {% load %}.
            "builtins": ["common.ui"],
        },
    }
]
FORM_RENDERER = "common.forms.LedgerRenderer"

DATABASES = {"default": env.db("DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Without these, writers that meet fail with "database is locked"; and INSERT OR REPLACE would pass by the triggers
    # that refuse to remove what is on record.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA recursive_triggers=ON;",
    }
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": env.int("CONN_MAX_AGE", 60), "CONN_HEALTH_CHECKS": True}
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)  # type: ignore[attr-defined]
    # A page's queries have many branches and few rows: compiling them takes longer (270 ms seen) than they do (6 ms).
    DATABASES["default"]["OPTIONS"].setdefault("options", "-c jit=off")  # type: ignore[attr-defined]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(VAR_DIR / "static")))
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", str(VAR_DIR / "media")))

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.UnitBackend"]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name", "phone")},
    },
    {"NAME": "accounts.passwords.LongEnough", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# A name that fails this often from one address has to wait. Other people at that address are not affected.
AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURE_LIMIT", 5)
AXES_COOLOFF_TIME = dt.timedelta(minutes=env.int("LOGIN_LOCK_MINUTES", 15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "heating.request_id.client_ip"
AXES_LOCKOUT_CALLABLE = "accounts.lockout.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # the audit trail has it
# Whoever does nothing for so long is signed out.
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", 120)

# A county's first season; the next ones take over the days of the one before. Field → (month, day, years later).
SEASON_DEFAULT_DAYS = {
    "summer_start_on": (3, 16, 0),
    "trial_run_on": (10, 31, 0),
    "heating_start_on": (11, 15, 0),
    "heating_end_on": (3, 15, 1),
}

# 从时限倒排: the usual steps of a rectification, and by what share (%) of the time up to the deadline each is done.
PLAN_STEPS = (("方案和材料确定", 20), ("材料设备到场", 50), ("施工完成", 90), ("自检合格，申请验收", 100))

# Coal of no known heat value is taken for this (Qnet,ar in MJ/kg; 5000 kcal/kg) when it is turned into standard coal.
COAL_USUAL_HEAT_VALUE_MJ_PER_KG = Decimal(env.str("COAL_USUAL_HEAT_VALUE_MJ_PER_KG", "20.934"))

# At which hour the report of the day before is due.
COAL_REPORT_DUE_HOUR = env.int("COAL_REPORT_DUE_HOUR", 10)
# A company whose coal has come to last fewer days than it has to is given so many days to bring more.
COAL_COVER_GRACE_DAYS = env.int("COAL_COVER_GRACE_DAYS", 3)

# A longer export is made in the background; of one with photos no file holds more.
EXPORT_IN_BACKGROUND_ABOVE = env.int("EXPORT_IN_BACKGROUND_ABOVE", 2000)
# Background jobs: unfinished ones of one person, attempts, how long one waits before it is sent again, without news for
# how long its worker is gone, and how long what came of it is kept.
JOBS_AT_ONCE = env.int("JOBS_AT_ONCE", 10)
JOB_ATTEMPTS = 3
JOB_SENT_AGAIN_AFTER = dt.timedelta(minutes=1)
JOB_LOST_AFTER = dt.timedelta(minutes=5)
JOBS_KEPT = dt.timedelta(days=env.int("JOB_KEPT_DAYS", 7))
# Uploaded ledgers are kept for so long; what was read of them stays.
IMPORTS_KEPT = dt.timedelta(days=env.int("IMPORTS_KEPT_DAYS", 180))
# Larger ledgers are read, and more ready rows are registered, in the background.
IMPORT_IN_BACKGROUND_ABOVE_KB = env.int("IMPORT_IN_BACKGROUND_ABOVE_KB", 500)
IMPORT_IN_BACKGROUND_ABOVE_ROWS = env.int("IMPORT_IN_BACKGROUND_ABOVE_ROWS", 2000)
UPDATE_IN_BACKGROUND_ABOVE_ROWS = env.int("UPDATE_IN_BACKGROUND_ABOVE_ROWS", 100)
# Larger ZIPs of photos, and more photos than these, are worked through in the background.
PHOTO_ZIP_IN_BACKGROUND_ABOVE_MB = env.int("PHOTO_ZIP_IN_BACKGROUND_ABOVE_MB", 10)
PHOTOS_IN_BACKGROUND_ABOVE = env.int("PHOTOS_IN_BACKGROUND_ABOVE", 40)
EXPORT_MOST_WITH_PHOTOS = env.int("EXPORT_MOST_WITH_PHOTOS", 5000)

# ── behind a proxy, over HTTPS ───────────────────────────────────────────────────────────────────────────────────────
# Addresses or networks whose X-Forwarded-For is believed ("unix" for a socket file).
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=["127.0.0.1"] if PRODUCTION else [])
HTTPS = env.bool("HTTPS", PRODUCTION)
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", 31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 14 * 24 * 3600  # the idle time-out ends sessions much earlier

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", *env.list("MAP_TILE_HOSTS", default=[])],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

if not DEBUG:
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

# ── cache, broker, tasks ─────────────────────────────────────────────────────────────────────────────────────────────
REDIS_URL = env.str("REDIS_URL", "")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"socket_connect_timeout": 5}
else:
    # No services: messages are files. A killed worker may lose what it had taken; the next sweep finds it.
    _queue = VAR_DIR / "queue"
    _queue.mkdir(exist_ok=True)
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue),
        "data_folder_out": str(_queue),
        "control_folder": str(VAR_DIR / "control"),
        "polling_interval": 0.25,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
# How often deadlines are checked: some leave people two hours. Every page warns the staff when no sweep has run for two
# periods.
SWEEP_PERIOD_SECONDS = env.int("SWEEP_PERIOD_SECONDS", 300)
# For so long a worker has the messages that it has taken up; what a killed one had is sent after that.
OUTBOX_LEASE_SECONDS = env.int("OUTBOX_LEASE_SECONDS", 120)

LOG_JSON = env.bool("LOG_JSON", PRODUCTION)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "heating.logs.JsonFormatter"},
        "plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json" if LOG_JSON else "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO" if PRODUCTION else "WARNING")},
    "loggers": {"django.request": {"level": "ERROR"}, "axes": {"level": "ERROR"}},
}
