"""One-time sign-in links: whoever sees the terminal that runs the console is let in, once."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts.models import SignInLink
from console.errors import Forbidden

LIFETIME = dt.timedelta(minutes=15)
ADMIN = "admin"


def administrator() -> Any:
    """The first person of a console, made at its first start. Has no password: there is nothing to guess."""
    people = get_user_model()._default_manager
    person = people.filter(is_superuser=True, is_active=True).order_by("pk").first()
    return person or people.create_superuser(ADMIN)


def new_token(person: Any) -> str:
    """A fresh token of 256 bits. Earlier links of the person stop working."""
    SignInLink.objects.filter(person=person).delete()
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(digest=_digest(token), person=person, expires_at=timezone.now() + LIFETIME)
    return token


def usable(token: str) -> bool:
    return _open(token).exists()


def use(token: str) -> Any:
    """The person whom the token lets in. Of two at the same moment one wins. Raises Forbidden."""
    if not _open(token).update(used_at=timezone.now()):
        raise refusal()
    return SignInLink.objects.select_related("person").get(digest=_digest(token)).person


def refusal() -> Forbidden:
    """Wrong, used and expired are answered alike: a guess must not learn which it was."""
    return Forbidden(
        _("This link does not let you in: it was used already, or it is older than 15 minutes."),
        way_out=_("Run “daemonset-console link” where the console runs, and open the link it prints."),
    )


def _open(token: str) -> Any:
    return SignInLink.objects.filter(
        digest=_digest(token), used_at=None, expires_at__gt=timezone.now(), person__is_active=True
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
