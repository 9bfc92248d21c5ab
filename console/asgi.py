import os

from django.conf import settings
from django.core.asgi import get_asgi_application

from console.web.bodies import capped

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
application = capped(get_asgi_application(), settings.BODY_MAX)
