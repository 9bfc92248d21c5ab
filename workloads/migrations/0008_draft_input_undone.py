from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workloads", "0007_draft_autosave")]

    operations = [
        migrations.AddField("draftinput", "undone", models.BooleanField(default=False)),
    ]
