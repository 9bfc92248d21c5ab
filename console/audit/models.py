from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """Who did what to which object; append-only. `details` never holds a manifest or a secret."""

    when = models.DateTimeField(auto_now_add=True)
    who = models.CharField(max_length=150)
    verb = models.CharField(max_length=32)
    cluster = models.CharField(max_length=253, blank=True)
    project = models.CharField(max_length=63, blank=True)
    kind = models.CharField(max_length=64, blank=True)
    name = models.CharField(max_length=253, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["-when", "-id"]
        verbose_name_plural = "entries"
        indexes = [models.Index(fields=["cluster", "kind", "name"], name="entry_subject")]

    def __str__(self) -> str:
        return f"{self.who} {self.verb} {self.kind} {self.project}/{self.name}"
