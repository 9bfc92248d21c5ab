"""The people who can sign in. All are administrators (see `console.accounts.access`)."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from console import audit
from console.accounts.models import SignInLink
from console.errors import AlreadyExists, BadInput, Conflict, NotFound


def everybody() -> list[User]:
    return list(User.objects.order_by("username"))


def find(name: str) -> User:
    """Raises NotFound, also for a person who was removed."""
    person = User.objects.filter(username=name, is_active=True).first()
    if person is None:
        raise NotFound(_("User %(name)s not found.") % {"name": name}, code="unknown-user")
    return person


def add(name: str) -> User:
    """Let a new person sign in, or one who was removed. Raises BadInput, AlreadyExists."""
    try:
        UnicodeUsernameValidator()(name)
    except ValidationError as error:
        raise BadInput(" ".join(error.messages), code="bad-user-name") from error
    if len(name) > 150:
        raise BadInput(_("A user name can have at most 150 characters."), code="bad-user-name")
    person, new = User.objects.get_or_create(
        username=name, defaults={"is_superuser": True, "is_staff": False}
    )
    if not new and person.is_active:
        raise AlreadyExists(_("%(name)s can already sign in.") % {"name": name}, code="user-exists")
    person.is_active = person.is_superuser = True
    person.set_unusable_password()
    person.save()
    audit.record("daemonset-console", "add person", name=name)
    return person


def remove(name: str) -> None:
    """The person can no longer sign in; the history keeps the name. Raises NotFound; Conflict for the last
    one."""
    person = find(name)
    if not User.objects.filter(is_active=True).exclude(pk=person.pk).exists():
        raise Conflict(_("%(name)s is the last user who can sign in.") % {"name": name}, code="last-user")
    person.is_active = False
    person.save(update_fields=["is_active"])
    SignInLink.objects.filter(person=person).delete()
    audit.record("daemonset-console", "remove person", name=name)
