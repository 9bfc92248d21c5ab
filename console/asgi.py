import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
django_application = get_asgi_application()

from django.conf import settings  # noqa: E402

from console.web.bodies import capped  # noqa: E402

application = capped(django_application, settings.BODY_MAX)
