"""The `daemonset-console` command. The only module of the console that imports `workloads`."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from console import __version__, state
from console.errors import Conflict, ConsoleError, NotFound
from console.projects import OFFLINE

if TYPE_CHECKING:
    from workloads.daemonsets.manifest.findings import Finding
    from workloads.documents import DocumentError
    from workloads.stores.protocol import Store


NAME = "daemonset-console"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command. Exit status: 0 done, 1 failed (the reason is on stderr), 2 wrong arguments."""
    options = parser().parse_args(arguments)
    try:
        configure(options)
        return int(options.run(options) or 0)
    except ConsoleError as error:
        print_error(error.message, error)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # for what is still to be flushed
    except OSError as error:
        print_error(
            f"{error.filename or os.environ.get('CONSOLE_DATA', 'system')}: {error.strerror or error}."
        )
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not of_database(error):
            raise
    return 1


def of_database(error: Exception) -> bool:
    """Whether the error is that the database does not respond; then it has been printed."""
    from console import database

    shown = database.failure(error)
    if shown is not None:
        which = "of DATABASE_URL" if os.environ.get("DATABASE_URL") else data_folder() / state.DATABASE
        print_error(f"Cannot use the database {which}: {database.in_a_line(error)}.", shown)
    return shown is not None


def parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="the data folder of the console; default: $CONSOLE_DATA, else the user's data folder",
    )
    shared.add_argument(
        "--kubeconfig",
        action="append",
        type=Path,
        metavar="PATH",
        help="a kubeconfig whose contexts the console shows as clusters (repeatable); "
        "default: $KUBECONFIG, else ~/.kube/config",
    )
    whole = argparse.ArgumentParser(
        prog=NAME, description="Create and manage Kubernetes DaemonSets in a browser."
    )
    whole.add_argument("--version", action="version", version=f"daemonset-console {__version__}")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str,
        run: Callable[[argparse.Namespace], int | None],
        help: str,
        to: argparse._SubParsersAction[argparse.ArgumentParser] = commands,
        *,
        starts: bool = False,
    ) -> argparse.ArgumentParser:
        """starts: the command makes a new data folder where there is none."""
        added = to.add_parser(name, parents=[shared], help=help, description=help)
        added.set_defaults(run=run, starts=starts)
        return added

    start = command("up", up, "Start the console and print a one-time sign-in link.", starts=True)
    start.add_argument(
        "--port",
        type=port_number,
        default=8000,
        help="port to listen on, or the next free one if it is in use; default: 8000",
    )
    start.add_argument("--host", default="127.0.0.1", help="address to listen on; default: this machine only")
    start.add_argument(
        "--name",
        action="append",
        default=[],
        help="another host name of the console, in addition to --host (repeatable)",
    )
    start.add_argument("--access-log", action="store_true", help="print a line for each request")

    link = command("link", print_link, "Print a new one-time sign-in link for the running console.")
    link.add_argument("--user", default="", help="the user who signs in; default: the administrator")

    importing = command(
        "import", import_files, "Store the objects of YAML or JSON files in a project.", starts=True
    )
    importing.add_argument("project")
    importing.add_argument("files", nargs="+", metavar="FILE", help="'-' is standard input")
    importing.add_argument("--cluster", default=OFFLINE, help="default: the offline store")
    importing.add_argument("--why", default="", help="a note for the history")
    missing = importing.add_mutually_exclusive_group()
    missing.add_argument(
        "--create-projects", action="store_true", help="create the projects that the files name"
    )
    missing.add_argument(
        "--move-to",
        metavar="PROJECT",
        default="",
        help="store everything in this project, whichever is named",
    )
    importing.add_argument(
        "--convert", action="store_true", help="convert DaemonSets of removed API versions to apps/v1"
    )

    exporting = command("export", export, "Print all objects of a project, including the values of Secrets.")
    exporting.add_argument("project")
    exporting.add_argument("--format", choices=("yaml", "json"), default="yaml")
    exporting.add_argument("-o", "--output", metavar="FILE", help="write to a file that only you can read")
    exporting.add_argument("--cluster", default=OFFLINE, help="default: the offline store")

    purging = command(
        "purge", purge, "Remove deleted objects of the offline store for good, with their history."
    )
    purging.add_argument("project")
    purging.add_argument(
        "objects", nargs="*", metavar="KIND/NAME", help="such as Secret/pull; default: all deleted objects"
    )
    purging.add_argument(
        "--older-than", type=int, default=0, metavar="DAYS", help="only what was deleted so many days ago"
    )

    people = commands.add_parser("user", help="List, add and remove users.")
    verbs = people.add_subparsers(required=True, metavar="VERB")
    command("list", list_people, "List the users.", verbs)
    for verb, run, help, starts in (
        ("add", add_person, "Let a user sign in, as an administrator.", True),
        ("remove", remove_person, "Stop a user from signing in. Drafts and history stay.", False),
    ):
        command(verb, run, help, verbs, starts=starts).add_argument("name")
    return whole


def program(started: str | None = None, folder: Path | None = None) -> str:
    """How to run this program from the folder that it was started in, by `make run` for example: its path
    below that folder. Of others only the name is told: a page shows it to people who are not signed in.

    started: as `sys.argv[0]`, the default; folder: else the current one.
    """
    path = Path(started or sys.argv[0]).absolute()
    if path.parts[-2:] == ("console", "__main__.py"):
        return "python -m console"
    found = shutil.which(NAME)
    if (found and Path(found).absolute() == path) or path.name != NAME:
        return NAME
    below = folder or Path.cwd()
    return shlex.quote(str(path.relative_to(below))) if path.is_relative_to(below) else NAME


def port_number(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use 1 to 65535")
    return int(text)


def configure(options: argparse.Namespace) -> None:
    """Prepare the data folder and the environment that `console.settings` reads. Raises OSError,
    ConsoleError."""
    os.umask(0o077)
    folder = (options.data or state.default_folder()).expanduser().absolute()
    os.environ["CONSOLE_DATA"] = str(folder)
    if state.is_new(folder) and not options.starts:
        raise ConsoleError(
            f"No console has been started with the data folder {folder} yet.",
            way_out=f"Run: {program()} up",
            code="not-started",
        )
    state.prepare(folder)
    os.environ["CONSOLE_LINK_COMMAND"] = f"{program()} link{' --data DIR' if options.data else ''}"
    os.environ["CONSOLE_KUBECONFIG"] = os.pathsep.join(kubeconfigs(options.kubeconfig))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")


def kubeconfigs(given: Sequence[Path] | None) -> list[str]:
    """Where kubectl looks. Raises ConsoleError where a file named on the command line does not exist."""
    if given:
        for path in given:
            if not path.expanduser().is_file():
                raise ConsoleError(f"Kubeconfig {path} not found.", code="no-kubeconfig")
        return [str(path.expanduser().absolute()) for path in given]
    named = os.environ.get("KUBECONFIG")
    if named:
        return [path for path in named.split(os.pathsep) if path]
    default = Path.home() / ".kube" / "config"
    return [str(default)] if default.is_file() else []


def set_up_django() -> None:
    """Set up Django and migrate the database. Of two starts at once the second waits."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    with state.exclusive(data_folder()):
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)


def data_folder() -> Path:
    return Path(os.environ["CONSOLE_DATA"])


# up --------------------------------------------------------------------------------------------


def up(options: argparse.Namespace) -> int:
    alone = contextlib.ExitStack()
    try:
        alone.enter_context(state.run_alone(data_folder()))
    except Conflict:
        if state.address(data_folder()):
            print_link(options)
        raise
    with alone:
        run(options)
    print("Stopped.", flush=True)
    # A request that waits for a cluster keeps a thread, and the interpreter would wait for that.
    os._exit(0)


def run(options: argparse.Namespace) -> None:
    from console import server

    listener = server.listen(options.host, options.port)
    port = listener.getsockname()[1]
    os.environ["CONSOLE_PORT"] = str(port)
    os.environ["CONSOLE_HOSTS"] = ",".join(server.host_names(options.host, options.name))
    os.environ["CONSOLE_STATIC"] = "collected"
    set_up_django()
    server.collect_static(data_folder())
    from django.conf import settings
    from django.contrib.sessions.backends.db import SessionStore

    from console.accounts import links
    from workloads.services.purge import keep_no_longer_than_set
    from workloads.stores.offline.store import OfflineStore, first_start

    person = links.administrator()
    first_start(person)
    keep_no_longer_than_set(OfflineStore(person))
    SessionStore.clear_expired()
    address = server.base_address(options.host, port)
    if settings.HTTPS and options.name:
        address = f"https://{options.name[0]}"
    state.announce(data_folder(), address)
    token = links.new_token(person)
    clusters = os.environ["CONSOLE_KUBECONFIG"].replace(os.pathsep, ", ")
    if port != options.port:
        print(f"Port {options.port} is in use, using port {port}.")
    if links.record_start():
        print(
            "Another console uses this database with another secret key, or this one has a new key: set "
            "CONSOLE_SECRET_KEY to the same value on both, else each signs out the other's users."
        )
    print(
        f"\n  DaemonSet Console is running at {address}/\n"
        f"\n  Sign in with this link (works once, valid for 15 minutes):\n"
        f"\n      {address}/sign-in/{token}/\n"
        f"\n  Data: {data_folder()}\n"
        f"  Clusters: {clusters or 'none, offline store only (see --kubeconfig)'}\n"
        f"  Stop: Ctrl-C\n",
        flush=True,
    )
    server.serve(listener, access_log=options.access_log)


# link, user --------------------------------------------------------------------------------------


def print_link(options: argparse.Namespace) -> None:
    address = state.address_of_running(data_folder())
    set_up_django()
    from console.accounts import links, people

    name = getattr(options, "user", "")
    person = people.find(name) if name else links.administrator()
    print(f"{address}/sign-in/{links.new_token(person)}/")
    print("The link works once and is valid for 15 minutes while the console is running.", file=sys.stderr)


def list_people(options: argparse.Namespace) -> None:
    set_up_django()
    from console.accounts import people

    for person in people.everybody():
        login = (
            f"last sign-in {person.last_login:%Y-%m-%d %H:%M} UTC" if person.last_login else "never signed in"
        )
        print(f"{person.get_username()}\t{'active' if person.is_active else 'removed'}\t{login}")


def add_person(options: argparse.Namespace) -> None:
    set_up_django()
    from console.accounts import people

    people.add(options.name)
    print(f"{options.name} can sign in. To get a link: {program()} link --user {options.name}")


def remove_person(options: argparse.Namespace) -> None:
    set_up_django()
    from console.accounts import people

    people.remove(options.name)
    print(f"{options.name} can no longer sign in.")


# import, export ------------------------------------------------------------------------------------


def import_files(options: argparse.Namespace) -> int:
    set_up_django()
    from workloads import documents
    from workloads.services.translation import say

    store = open_store(options.cluster)
    refused = 0
    for name in options.files:
        shown = "standard input" if name == "-" else name
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        try:
            refused += import_text(store, documents.decode(data), shown, options)
        except documents.DocumentError as error:
            print_error(f"{position(shown, error)}: {error.message}", error)
            refused += 1
        except documents.EditRefused as error:
            print_error(f"{shown}: {say(error)} [{error.code}]")
            refused += 1
        except ConsoleError as error:
            print_error(f"{shown}: {error.message}", error)
            refused += 1
    return 1 if refused else 0


INSTEAD = {
    "no-project": "Create it with --create-projects, or store everything in one with --move-to PROJECT.",
    "legacy-version": "Convert it with --convert.",
}
"""Finding → the option that does what its button does in the review."""


def import_text(store: Store, text: str, shown: str, options: argparse.Namespace) -> int:
    """Store one file; print its findings as compilers do: file:line:column. Returns how many objects
    failed. A text that options change is shown at its places after the change."""
    from workloads.daemonsets.rules.inspection import NO_PROJECT
    from workloads.services.apply import apply_plan
    from workloads.services.importing import create_missing_projects, prepared
    from workloads.services.plan import make_plan

    project = options.move_to or options.project
    text = prepared(text, to_project=options.move_to, modern=options.convert)
    plan = make_plan(store, text, project=project)
    if options.create_projects and (made := create_missing_projects(store, plan)):
        print(*(f"Project {name} created" for name in made), sep="\n")
        plan = make_plan(store, text, project=project)
    if plan.error:
        print_error(f"{position(shown, plan.error)}: {plan.error.message}", plan.error)
        return 1
    for document in plan.documents:
        for finding in document.findings:
            if finding.code == NO_PROJECT and options.create_projects:
                continue  # another finding keeps it from being created
            said = " ".join(filter(None, (finding.message, INSTEAD.get(finding.code))))
            print(f"{position(shown, finding)}: {finding.severity}: {said} [{finding.code}]", file=sys.stderr)
    results = apply_plan(store, plan, why=options.why)
    for result in results:
        if result.error:
            print_error(f"{shown}: {result.ref}: {result.error.message}", result.error)
        else:
            print(f"{result.ref} {result.outcome or 'skipped'}")
    return sum(1 for result in results if result.error)


def export(options: argparse.Namespace) -> None:
    set_up_django()
    text = bundle(open_store(options.cluster), options.project, as_json=options.format == "json")
    if options.output:
        state.write(Path(options.output), text)
    else:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as error:
            raise OSError(error.errno, error.strerror, "standard output") from error


def bundle(store: Store, project: str, *, as_json: bool) -> str:
    """All objects of the project in install order: YAML as it was written, or JSON.

    Includes the values of Secrets, and the audit log records that. A user who can run this can read the
    database as well. Raises NotFound, because an empty file would look like an empty project.
    """
    from workloads import kinds
    from workloads.services import export
    from workloads.stores.protocol import Query

    if project not in {known.name for known in store.projects()}:
        raise NotFound(f"Project {project} not found.", code="no-project")
    found = [
        stored
        for api_version, kind in store.counts(project)
        for stored in store.select(api_version, kind, Query(project)).items
    ]
    ordered = kinds.in_install_order((stored.ref.kind, stored) for stored in found)
    return export.export(
        ordered, "json" if as_json else "yaml", values=True, cluster=store.cluster, who="daemonset-console"
    )


def purge(options: argparse.Namespace) -> int:
    set_up_django()
    import datetime as dt

    from console.accounts import links
    from workloads.services.purge import purge as remove
    from workloads.stores.offline.store import OfflineStore

    store = OfflineStore(links.administrator())
    before = dt.datetime.now(dt.UTC) - dt.timedelta(days=options.older_than)
    deleted = {f"{ref.kind}/{ref.name}": ref for ref in store.deleted_before(before, options.project)}
    unknown = [name for name in options.objects if name not in deleted]
    for name in unknown:
        print_error(f"{name} is not a deleted object of project {options.project}. [not-deleted]")
    for ref in remove(store, [deleted[name] for name in options.objects or deleted if name in deleted]):
        print(f"{ref} purged")
    if not deleted and not options.objects:
        print_error(f"Project {options.project} has no such deleted objects. [none-deleted]")
    return 1 if unknown else 0


def open_store(cluster: str) -> Store:
    from console.accounts import links
    from workloads.stores import store_for

    return store_for(cluster, links.administrator())


def position(name: str, mark: Finding | DocumentError) -> str:
    """name:line:column, as compilers print it; only the name for line 0, which is the whole file."""
    return f"{name}:{mark.line}:{mark.column}" if mark.line else name


def print_error(message: str, error: ConsoleError | None = None) -> None:
    """On one line of stderr: the message, the way out, and the code in brackets for scripts."""
    more = [error.way_out, f"[{error.code}]"] if error else []
    print(f"daemonset-console: {message}", *filter(None, more), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
