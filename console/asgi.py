import os

from django.core.asgi import get_asgi_application

from console.web.bodies import capped, size_limit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
application = capped(get_asgi_application(), size_limit)
