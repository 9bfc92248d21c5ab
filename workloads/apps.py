from django.apps import AppConfig


class WorkloadsConfig(AppConfig):
    name = "workloads"

    def ready(self) -> None:
        from console.web.context import count_with
        from workloads.views.side import counts  # views load after the models

        count_with(counts)
