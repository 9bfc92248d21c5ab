import os

import django
from django.conf import settings

from console.web.bodies import capped, size_limit
from console.web.line import LinedHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
django.setup(set_prefix=False)
application = capped(
    LinedHandler(
        at_work=settings.REQUESTS_AT_WORK,
        in_line=settings.REQUESTS_IN_LINE,
        seconds=settings.REQUEST_WAIT_SECONDS,
    ),
    size_limit,
)
