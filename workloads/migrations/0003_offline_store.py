"""Recreate the tables of the offline store while they are empty: the API group becomes part of the key of an
object, and the large columns come last."""

from django.db import migrations, models


def _id() -> "models.BigAutoField[int, int]":
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):

    dependencies = [("workloads", "0002_draft_undo")]

    operations = [
        migrations.DeleteModel("Revision"),
        migrations.DeleteModel("StoredManifest"),
        migrations.CreateModel(
            name="StoredManifest",
            fields=[
                ("id", _id()),
                ("api_group", models.CharField(blank=True, max_length=113)),
                ("kind", models.CharField(max_length=63)),
                ("api_version", models.CharField(max_length=128)),
                ("project", models.CharField(blank=True, max_length=63)),
                ("name", models.CharField(max_length=253)),
                ("version", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("updated_by", models.CharField(max_length=150)),
                ("search", models.TextField()),
                ("labels", models.TextField()),
                ("images", models.TextField()),
                ("nodes", models.TextField()),
                ("text", models.TextField()),
                ("value", models.JSONField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["api_group", "kind", "name", "project"], name="stored_manifest_name"),
                    models.Index(fields=["api_group", "kind", "updated_at"], name="stored_manifest_updated"),
                    models.Index(fields=["project", "api_version", "kind"], name="stored_manifest_count"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("api_group", "kind", "project", "name"), name="stored_manifest_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Revision",
            fields=[
                ("id", _id()),
                ("api_group", models.CharField(blank=True, max_length=113)),
                ("kind", models.CharField(max_length=63)),
                ("project", models.CharField(blank=True, max_length=63)),
                ("name", models.CharField(max_length=253)),
                ("number", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("who", models.CharField(max_length=150)),
                ("when", models.DateTimeField()),
                ("why", models.CharField(blank=True, max_length=1000)),
                ("deleted", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("api_group", "kind", "project", "name", "number"), name="revision_once"
                    )
                ],
            },
        ),
    ]
