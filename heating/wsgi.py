"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "heating.settings")

from heating.checks import refuse_half_set_up

refuse_half_set_up()
application = get_wsgi_application()
