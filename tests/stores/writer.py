"""Saves to an offline store from several threads until it is killed: `python -m tests.stores.writer THREADS`.

Prints a line for each save once it is acknowledged: "thread name version". With 0 threads it prints what is
stored instead, as JSON: {name: {"stored": [version, text], "history": [[number, deleted, text], …]}}.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
from typing import Any

import django


def main(threads: int) -> None:
    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from workloads.stores.offline.store import OfflineStore

    if not threads:
        call_command("migrate", verbosity=0)
    people = get_user_model().objects
    person = people.filter(username="admin").first() or people.create_superuser("admin")
    store = OfflineStore(person)
    if "race" not in [project.name for project in store.projects()]:
        store.create_project("race")
    if not threads:
        print(json.dumps(report(store)))
        return
    print("ready", flush=True)
    workers = [threading.Thread(target=work, args=(store, number), daemon=True) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def work(store: Any, thread: int) -> None:
    """Everybody saves the same few objects over each other, and now and then deletes one."""
    from console.errors import Conflict, NotFound
    from workloads.stores.protocol import Ref

    for turn in itertools.count():
        name = f"c-{(turn + thread) % 3}"
        ref = Ref("v1", "ConfigMap", "race", name)
        mark = f"{os.getpid()}/{thread}/{turn}"
        text = f"# {mark}\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"
        try:
            try:
                base = store.get(ref).version
            except NotFound:
                base = ""
            if base and turn % 7 == 6:
                store.delete(ref, base=base)
                continue
            saved = store.apply(text, project="race", base=base)
        except (Conflict, NotFound):
            continue  # another thread was quicker, which is as it should be
        # One write call, so that lines of threads do not mix and a line is either there or not.
        os.write(1, f"{name} {saved.version} {mark}\n".encode())


def report(store: Any) -> dict[str, Any]:
    from console.errors import NotFound
    from workloads.stores.protocol import Ref

    out = {}
    for name in ("c-0", "c-1", "c-2"):
        ref = Ref("v1", "ConfigMap", "race", name)
        try:
            found = store.get(ref)
            stored = [int(found.version), found.text]
        except NotFound:
            stored = None
        history = [[revision.number, revision.deleted, revision.text] for revision in store.history(ref)]
        out[name] = {"stored": stored, "history": history}
    return out


if __name__ == "__main__":
    main(int(sys.argv[1]))
