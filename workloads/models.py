"""The console's own database. Constraints only; `stores.offline` and `drafts` read and write it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class StoredManifest(models.Model):
    """The newest version of one object of the offline store. `project` "" is cluster-scoped.

    `version` is the number of its newest revision. The large columns come last: SQLite need not read them to
    search the others.
    """

    api_group = models.CharField(max_length=113, blank=True)
    kind = models.CharField(max_length=63)
    api_version = models.CharField(max_length=128)
    project = models.CharField(max_length=63, blank=True)
    name = models.CharField(max_length=253)
    version = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=150)
    # What list pages search and filter by: workloads.stores.facets.
    search = models.TextField()
    labels = models.TextField()
    images = models.TextField()
    nodes = models.TextField()
    text = models.TextField()
    value = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["api_group", "kind", "project", "name"], name="stored_manifest_once"
            )
        ]
        indexes = [
            models.Index(fields=["api_group", "kind", "name", "project"], name="stored_manifest_name"),
            models.Index(fields=["api_group", "kind", "updated_at"], name="stored_manifest_updated"),
            models.Index(
                fields=["api_group", "kind", "project", "updated_at"], name="stored_manifest_recent"
            ),
            models.Index(fields=["project", "api_version", "kind"], name="stored_manifest_count"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.project}/{self.name} v{self.version}"


class Revision(models.Model):
    """One save or deletion of an object of the offline store; never changed, and kept after the deletion."""

    api_group = models.CharField(max_length=113, blank=True)
    kind = models.CharField(max_length=63)
    api_version = models.CharField(max_length=128)
    project = models.CharField(max_length=63, blank=True)
    name = models.CharField(max_length=253)
    number = models.PositiveIntegerField()
    text = models.TextField()
    who = models.CharField(max_length=150)
    when = models.DateTimeField()
    why = models.CharField(max_length=1000, blank=True)
    deleted = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["api_group", "kind", "project", "name", "number"], name="revision_once"
            )
        ]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.kind} {self.project}/{self.name} #{self.number}"


class Draft(models.Model):
    """A manifest someone is working on. `version` counts its saves; a save names the version it was read at.

    `undo_to` is the earlier version that undo returns to, `redo_to` the one that redo returns to, 0 for none;
    both are saves too, so that a second tab learns of them. `touched`: whether anything was typed or
    imported; lists show no others. A draft stays for a day after it was stored, for other tabs that still
    show it: `stored_as` is what it became, [api_version, kind, project, name, version] of each object.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    cluster = models.CharField(max_length=253)
    project = models.CharField(max_length=63)
    text = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    undo_to = models.PositiveIntegerField(default=0)
    redo_to = models.PositiveIntegerField(default=0)
    touched = models.BooleanField(default=True)
    # The stored object being edited ("" for a new bundle), and the version and text it had when opened.
    origin_api_version = models.CharField(max_length=253, blank=True)
    origin_kind = models.CharField(max_length=63, blank=True)
    origin_name = models.CharField(max_length=253, blank=True)
    origin_version = models.CharField(max_length=64, blank=True)
    origin_text = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    discarded_at = models.DateTimeField(null=True, blank=True)
    stored_at = models.DateTimeField(null=True, blank=True)
    stored_as = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-updated_at"]
        indexes = [
            models.Index(fields=["owner", "updated_at"]),
            # Every page counts the listed drafts, for its navigation: without reading their texts.
            models.Index(fields=["owner", "touched", "discarded_at", "stored_at"], name="draft_listed"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class DraftText(models.Model):
    """An earlier version of a draft: for undo, and to tell a second tab what changed.

    `base`: [version, text, api_version, kind, name] of the stored object that it was based on, where the next
    save changed that. `passing`: the same typing went on and replaced it, so undo does not stop here.
    """

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="texts")
    version = models.PositiveIntegerField()
    undo_to = models.PositiveIntegerField(default=0)
    redo_to = models.PositiveIntegerField(default=0)
    project = models.CharField(max_length=63, blank=True)
    text = models.TextField(blank=True)
    base = models.JSONField(null=True, blank=True)
    passing = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["draft", "version"], name="draft_text_once")]

    def __str__(self) -> str:
        return f"{self.draft_id} v{self.version}"


class DraftInput(models.Model):
    """What was typed on a page of a draft and cannot go into its text yet: a field is invalid, or another tab
    changed the draft.

    page: a step, or "yaml". document: the index of its DaemonSet. version: the one that the form was made
    from; saved: the one that the page itself saved last, 0 for none. fields: of the form. undone: the person
    took it back; Redo brings it back.
    """

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="inputs")
    page = models.CharField(max_length=16)
    document = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField()
    saved = models.PositiveIntegerField(default=0)
    fields = models.JSONField()
    undone = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["draft", "page", "document"], name="draft_input_once")]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.page}"
