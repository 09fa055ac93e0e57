from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0003_undo_and_files")]

    operations = [
        migrations.AddField(model_name="job", name="mark", field=models.JSONField(null=True)),
    ]
