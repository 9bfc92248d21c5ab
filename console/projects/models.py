from __future__ import annotations

from django.db import models


class Project(models.Model):
    """A project (namespace) of the offline cluster. Live clusters bring their own.

    `generation` is raised by every write into the project, so that what is computed from it can be cached.
    """

    name = models.CharField(max_length=63, unique=True)
    alias = models.CharField(max_length=63, blank=True)
    description = models.CharField(max_length=256, blank=True)
    generation = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
