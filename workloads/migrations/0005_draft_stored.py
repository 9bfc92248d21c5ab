from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workloads", "0004_revisions_and_recent")]

    operations = [
        migrations.AddField("draft", "stored_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("draft", "stored_as", models.JSONField(blank=True, default=list)),
    ]
