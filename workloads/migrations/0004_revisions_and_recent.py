from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workloads", "0003_offline_store")]

    operations = [
        migrations.AddField(
            model_name="revision",
            name="api_version",
            field=models.CharField(default="", max_length=128),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="storedmanifest",
            index=models.Index(
                fields=["api_group", "kind", "project", "updated_at"], name="stored_manifest_recent"
            ),
        ),
    ]
