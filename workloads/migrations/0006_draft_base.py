from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workloads", "0005_draft_stored")]

    operations = [migrations.AddField("drafttext", "base", models.JSONField(blank=True, null=True))]
