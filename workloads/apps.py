import gc

from django.apps import AppConfig


class WorkloadsConfig(AppConfig):
    name = "workloads"

    def ready(self) -> None:
        from console.web.context import set_side
        from workloads.views.side import SIDE  # views load after the models

        set_side(SIDE)
        # A large manifest makes millions of values and hardly a cycle: to look for some after every 700 of
        # them, Python's default, takes a third of the time that it takes to read and check it.
        gc.set_threshold(100_000, 20, 20)
