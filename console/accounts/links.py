"""One-time sign-in links, for people who can see the terminal that runs the console."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from console import audit
from console.accounts.models import SignInLink
from console.audit.models import Entry
from console.errors import Forbidden

LIFETIME = dt.timedelta(minutes=15)
ADMIN = "admin"


def administrator() -> User:
    """The first person of the console, created at its first start. Has no password that could be guessed."""
    person = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    return person or User.objects.create_superuser(ADMIN)


def new_token(person: User) -> str:
    """A new token of 256 bits. Earlier links of the person stop working."""
    SignInLink.objects.filter(person=person).delete()
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(digest=_digest(token), person=person, expires_at=timezone.now() + LIFETIME)
    return token


def usable(token: str) -> bool:
    return _open(token).exists()


def use(token: str) -> User:
    """The person that the token signs in. Of requests at the same time one succeeds. Raises Forbidden.

    The conditions are on the row that is changed: a second UPDATE that waited for the first checks them again
    (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED), which it does not do
    for those of a subquery.
    """
    link = _open(token).select_related("person").first()
    if link is None or not _unused(pk=link.pk).update(used_at=timezone.now()):
        raise refusal()
    return link.person


def record_start() -> bool:
    """Record that a console has started on this database, with a digest of its secret key. Whether the one
    before had another key: then neither accepts the sessions and reviews that the other has signed."""
    mine = hashlib.sha256(settings.SECRET_KEY.encode()).hexdigest()[:16]
    last = Entry.objects.filter(verb="start").values_list("details__key", flat=True).first()
    audit.record("daemonset-console", "start", key=mine)
    return last not in (None, mine)


def refusal() -> Forbidden:
    """The same answer to a wrong, a used and an expired token: someone who guesses must not learn which."""
    return Forbidden(
        _("This sign-in link is invalid: it has already been used, or it is older than 15 minutes."),
        way_out=_("Run “%(command)s” on the machine that runs the console, and open the link it prints.")
        % {"command": settings.LINK_COMMAND},
        code="sign-in-link",
    )


def _open(token: str) -> QuerySet[SignInLink]:
    return _unused(digest=_digest(token), person__is_active=True)


def _unused(**which: object) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(used_at=None, expires_at__gt=timezone.now(), **which)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
