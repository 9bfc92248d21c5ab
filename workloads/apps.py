from django.apps import AppConfig


class WorkloadsConfig(AppConfig):
    name = "workloads"

    def ready(self) -> None:
        from console.web.context import set_side
        from workloads.views.side import SIDE  # views load after the models

        set_side(SIDE)
