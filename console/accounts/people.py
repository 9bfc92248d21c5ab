"""The people who may sign in. All are administrators; roles come behind `console.accounts.access`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from console import audit
from console.accounts.models import SignInLink
from console.errors import AlreadyExists, BadInput, Conflict, NotFound


def _people() -> Any:
    return get_user_model()._default_manager


def everybody() -> list[Any]:
    return list(_people().order_by("username"))


def find(name: str) -> Any:
    """Raises NotFound, also for somebody who was removed."""
    person = _people().filter(username=name, is_active=True).first()
    if person is None:
        raise NotFound(_("There is nobody called %(name)s.") % {"name": name})
    return person


def add(name: str) -> Any:
    """Somebody new, or somebody who was removed and comes back. Raises BadInput, AlreadyExists."""
    try:
        UnicodeUsernameValidator()(name)
    except ValidationError as error:
        raise BadInput(" ".join(error.messages)) from error
    if len(name) > 150:
        raise BadInput(_("A name may have up to 150 characters."))
    person, new = _people().get_or_create(username=name, defaults={"is_superuser": True, "is_staff": False})
    if not new and person.is_active:
        raise AlreadyExists(_("%(name)s may sign in already.") % {"name": name})
    person.is_active = person.is_superuser = True
    person.set_unusable_password()
    person.save()
    audit.record("daemonset-console", "add person", name=name)
    return person


def remove(name: str) -> None:
    """The name stays with what was done under it. Raises NotFound; Conflict for the last one."""
    person = find(name)
    if not _people().filter(is_active=True).exclude(pk=person.pk).exists():
        raise Conflict(_("%(name)s is the last one who may sign in.") % {"name": name})
    person.is_active = False
    person.save(update_fields=["is_active"])
    SignInLink.objects.filter(person=person).delete()
    audit.record("daemonset-console", "remove person", name=name)
