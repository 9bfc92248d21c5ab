"""The `daemonset-console` command. Here the rooms are put together: this module may look into all of them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from console import __version__, state
from console.errors import ConsoleError, NotFound
from console.projects import OFFLINE


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status: 0 done, 1 refused (the reason is on stderr), 2 misunderstood."""
    options = parser().parse_args(arguments)
    try:
        settle(options)
        return int(options.run(options) or 0)
    except ConsoleError as error:
        say_error(error.message, error.way_out)
    except OSError as error:
        say_error(f"{error.filename or 'The system'}: {error.strerror or error}.")
    except KeyboardInterrupt:
        return 130
    return 1


def parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="where the console keeps everything; default: $CONSOLE_DATA, else the user's data folder",
    )
    shared.add_argument(
        "--kubeconfig",
        action="append",
        type=Path,
        metavar="PATH",
        help="a kubeconfig whose contexts the console offers as clusters, several times if need be; "
        "default: $KUBECONFIG, else ~/.kube/config",
    )
    whole = argparse.ArgumentParser(
        prog="daemonset-console", description="Create and manage Kubernetes DaemonSets in a browser."
    )
    whole.add_argument("--version", action="version", version=f"daemonset-console {__version__}")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Any, help: str, to: Any = commands) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = to.add_parser(name, parents=[shared], help=help, description=help)
        added.set_defaults(run=run)
        return added

    start = command("up", up, "Start the console and print a one-time sign-in link.")
    start.add_argument(
        "--port", type=port_number, default=8000, help="the next free one is taken if it is in use"
    )
    start.add_argument("--host", default="127.0.0.1", help="address to listen on; default: this machine only")
    start.add_argument(
        "--name", action="append", default=[], help="a host name people reach the console by, besides --host"
    )
    start.add_argument("--access-log", action="store_true", help="print a line for every request")

    link = command("link", print_link, "Print a fresh one-time sign-in link for the running console.")
    link.add_argument("--user", default="", help="for whom; default: the administrator")

    bring = command("import", import_files, "Store the documents of YAML or JSON files in a project.")
    bring.add_argument("project")
    bring.add_argument("files", nargs="+", metavar="FILE", help="'-' reads standard input")
    bring.add_argument("--cluster", default=OFFLINE, help="default: the offline store")
    bring.add_argument("--why", default="", help="a note that the history keeps with it")

    give = command("export", export, "Print every object of a project, values of Secrets included.")
    give.add_argument("project")
    give.add_argument("--format", choices=("yaml", "json"), default="yaml")
    give.add_argument("-o", "--output", metavar="FILE", help="write to a file, made readable for you only")
    give.add_argument("--cluster", default=OFFLINE, help="default: the offline store")

    people = commands.add_parser("user", help="List, add and remove the people who may sign in.")
    verbs = people.add_subparsers(required=True, metavar="VERB")
    command("list", list_people, "List the people.", verbs)
    for verb, run, help in (
        ("add", add_person, "Let somebody sign in, as an administrator."),
        ("remove", remove_person, "Let somebody sign in no longer. Drafts and history stay."),
    ):
        command(verb, run, help, verbs).add_argument("name")
    return whole


def port_number(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: use 1 to 65535")
    return int(text)


def settle(options: argparse.Namespace) -> None:
    """The environment that `console.settings` reads, and the state folder. Raises OSError, ConsoleError."""
    os.umask(0o077)
    folder = state.prepare((options.data or state.default_folder()).expanduser().absolute())
    os.environ["CONSOLE_DATA"] = str(folder)
    os.environ["CONSOLE_KUBECONFIG"] = os.pathsep.join(kubeconfigs(options.kubeconfig))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")


def kubeconfigs(given: Sequence[Path] | None) -> list[str]:
    """As kubectl finds them; a file that was named on the command line must be there. Raises ConsoleError."""
    if given:
        for path in given:
            if not path.expanduser().is_file():
                raise ConsoleError(f"There is no kubeconfig at {path}.")
        return [str(path.expanduser().absolute()) for path in given]
    named = os.environ.get("KUBECONFIG")
    if named:
        return [path for path in named.split(os.pathsep) if path]
    usual = Path.home() / ".kube" / "config"
    return [str(usual)] if usual.is_file() else []


def ready() -> None:
    """Django, with the database as this version wants it. Of two starts at once the second waits."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    with state.alone(data_folder()):
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", verbosity=0, interactive=False)


def data_folder() -> Path:
    return Path(os.environ["CONSOLE_DATA"])


# up --------------------------------------------------------------------------------------------


def up(options: argparse.Namespace) -> int:
    from console import server

    listener = server.listen(options.host, options.port)
    port = listener.getsockname()[1]
    os.environ["CONSOLE_PORT"] = str(port)
    os.environ["CONSOLE_HOSTS"] = ",".join(server.host_names(options.host, options.name))
    os.environ["CONSOLE_STATIC"] = "collected"
    ready()
    server.collect_static(data_folder())
    from django.contrib.sessions.backends.db import SessionStore

    from console.accounts import links
    from workloads.stores.offline.store import first_start

    person = links.administrator()
    first_start(person)
    SessionStore.clear_expired()
    address = server.base_address(options.host, port)
    state.write(data_folder() / "address", address)
    token = links.new_token(person)
    clusters = os.environ["CONSOLE_KUBECONFIG"].replace(os.pathsep, ", ")
    if port != options.port:
        print(f"Port {options.port} is in use; taking {port}.")
    print(
        f"\n  DaemonSet Console runs at {address}/\n"
        f"\n  Sign in with this link. It works once, for 15 minutes:\n"
        f"\n      {address}/sign-in/{token}/\n"
        f"\n  State: {data_folder()}\n"
        f"  Clusters: {clusters or 'none, only the offline store; see --kubeconfig'}\n"
        f"  Stop: Ctrl-C\n",
        flush=True,
    )
    server.serve(listener, access_log=options.access_log)
    print("Stopped.", flush=True)
    # A request that waits for a cluster keeps its thread; the interpreter would wait for it before it ends.
    os._exit(0)


# link, user --------------------------------------------------------------------------------------


def print_link(options: argparse.Namespace) -> None:
    ready()
    from console.accounts import links, people

    person = people.find(options.user) if options.user else links.administrator()
    try:
        address = (data_folder() / "address").read_text()
    except OSError:
        raise ConsoleError(
            f"No console has been started on {data_folder()} yet.", way_out="Run: daemonset-console up"
        ) from None
    print(f"{address}/sign-in/{links.new_token(person)}/")
    print("It works once, for 15 minutes, while the console runs.", file=sys.stderr)


def list_people(options: argparse.Namespace) -> None:
    ready()
    from console.accounts import people

    for person in people.everybody():
        seen = f"signed in {person.last_login:%Y-%m-%d %H:%M} UTC" if person.last_login else "never signed in"
        print(f"{person.get_username()}\t{'may sign in' if person.is_active else 'removed'}\t{seen}")


def add_person(options: argparse.Namespace) -> None:
    ready()
    from console.accounts import people

    people.add(options.name)
    print(f"{options.name} may sign in. For a link: daemonset-console link --user {options.name}")


def remove_person(options: argparse.Namespace) -> None:
    ready()
    from console.accounts import people

    people.remove(options.name)
    print(f"{options.name} may no longer sign in.")


# import, export ------------------------------------------------------------------------------------


def import_files(options: argparse.Namespace) -> int:
    ready()
    from workloads import documents

    store = open_store(options.cluster)
    refused = 0
    for name in options.files:
        shown = "standard input" if name == "-" else name
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        try:
            refused += import_text(store, documents.decode(data), shown, options)
        except documents.DocumentError as error:
            say_error(f"{placed(shown, error)}: {error.message}")
            refused += 1
        except ConsoleError as error:
            say_error(f"{shown}: {error.message}", error.way_out)
            refused += 1
    return 1 if refused else 0


def import_text(store: Any, text: str, shown: str, options: argparse.Namespace) -> int:
    """Store one file, or say what is wrong as compilers do: file:line:column. How many were refused."""
    from workloads.services.apply import apply_plan
    from workloads.services.plan import make_plan

    plan = make_plan(store, text, project=options.project)
    if plan.error:
        say_error(f"{placed(shown, plan.error)}: {plan.error.message}")
        return 1
    for document in plan.documents:
        for finding in document.findings:
            print(f"{placed(shown, finding)}: {finding.severity}: {finding.message}", file=sys.stderr)
    results = apply_plan(store, plan, why=options.why)
    for result in results:
        if result.error:
            say_error(f"{shown}: {result.ref}: {result.error.message}", result.error.way_out)
        else:
            print(f"{result.ref} {result.outcome or 'not tried'}")
    return sum(1 for result in results if result.error)


def export(options: argparse.Namespace) -> None:
    ready()
    text = bundle(open_store(options.cluster), options.project, as_json=options.format == "json")
    if options.output:
        state.write(Path(options.output), text)
    else:
        sys.stdout.write(text)


def bundle(store: Any, project: str, *, as_json: bool) -> str:
    """Every object of the project in kubectl's order of need: YAML as it was written, or JSON.

    The values of Secrets come along, which is recorded: whoever may run this may read the database too.
    Raises NotFound: an empty file would look like an empty project.
    """
    from console import audit
    from workloads import kinds
    from workloads.documents import bundle as documents
    from workloads.stores.protocol import Query

    if project not in {there.name for there in store.projects()}:
        raise NotFound(f"There is no project {project}.")
    found = [
        stored
        for api_version, kind in store.counts(project)
        for stored in store.select(api_version, kind, Query(project)).items
    ]
    ordered = kinds.in_install_order((stored.ref.kind, stored) for stored in found)
    for ref in (stored.ref for stored in ordered if stored.ref.kind == "Secret"):
        audit.record(
            "daemonset-console",
            "export values",
            cluster=store.cluster,
            project=project,
            kind=ref.kind,
            name=ref.name,
        )
    if as_json:
        return documents.write([stored.value for stored in ordered], "json")
    return documents.join([stored.text for stored in ordered])


def open_store(cluster: str) -> Any:
    from console.accounts import links
    from workloads.stores import store_for

    return store_for(cluster, links.administrator())


def placed(name: str, mark: Any) -> str:
    """As compilers write it; line 0 is the whole file."""
    return f"{name}:{mark.line}:{mark.column}" if mark.line else name


def say_error(message: str, way_out: str = "") -> None:
    print(f"daemonset-console: {message}", way_out, sep=" " if way_out else "", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
