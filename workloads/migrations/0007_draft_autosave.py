import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import F


def find_untouched(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drafts in which nothing was ever typed: of an object just as it was opened, and blank ones."""
    draft = apps.get_model("workloads", "Draft")
    unchanged = draft.objects.filter(version=1, text=F("origin_text"))
    unchanged.exclude(origin_name="").update(touched=False)
    blank = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: null\n  namespace: "
    unchanged.filter(origin_name="", text__startswith=blank).update(touched=False)


class Migration(migrations.Migration):
    dependencies = [("workloads", "0006_draft_base")]

    operations = [
        migrations.AddField("draft", "redo_to", models.PositiveIntegerField(default=0)),
        migrations.AddField("draft", "touched", models.BooleanField(default=True)),
        migrations.AddField("drafttext", "redo_to", models.PositiveIntegerField(default=0)),
        migrations.AddField("drafttext", "passing", models.BooleanField(default=False)),
        migrations.CreateModel(
            "DraftInput",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("page", models.CharField(max_length=16)),
                ("document", models.PositiveIntegerField(default=0)),
                ("version", models.PositiveIntegerField()),
                ("saved", models.PositiveIntegerField(default=0)),
                ("fields", models.JSONField()),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inputs",
                        to="workloads.draft",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("draft", "page", "document"), name="draft_input_once")
                ]
            },
        ),
        migrations.AddIndex(
            "draft",
            models.Index(fields=["owner", "touched", "discarded_at", "stored_at"], name="draft_listed"),
        ),
        migrations.RunPython(find_untouched, migrations.RunPython.noop),
    ]
