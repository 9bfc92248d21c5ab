"""The console's addresses and one that fails as it is told."""

from __future__ import annotations

import errno

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.db import OperationalError
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from console import errors
from console.urls import handler400, handler403, handler404, handler500, urlpatterns
from workloads.documents import DocumentError
from workloads.documents.reader import CUSTOM_TAG

__all__ = ["handler400", "handler403", "handler404", "handler500"]

FAILURES = {
    "forbidden": errors.Forbidden("You may not.", way_out="Ask for it."),
    "not-found": errors.NotFound("It is gone."),
    "special": errors.NotFound("It is gone.", code="no-project"),
    "conflict": errors.Conflict("Changed meanwhile."),
    "invalid": errors.Invalid("Not so."),
    "too-large": errors.TooLarge("Too much."),
    "unreadable": DocumentError(CUSTOM_TAG, params={"tag": "!x"}),
    "unreachable": errors.Unreachable("No answer.", status=504),
    "database": OperationalError("database is locked"),
    "disk": OSError(errno.ENOSPC, "No space left on device"),
    "denied": PermissionDenied("secret reason"),
    "fields": TooManyFieldsSent(),
    "big": RequestDataTooBig(),
    "suspicious": SuspiciousOperation("secret reason"),
    "bug": ZeroDivisionError("a secret value"),
}


def fail(request, kind):
    raise FAILURES[kind]


@require_POST
def keep(request):
    return HttpResponse(request.POST.get("text", ""))


urlpatterns = [*urlpatterns, path("fail/<str:kind>/", fail), path("keep/", keep)]
