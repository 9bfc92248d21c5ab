"""All findings about a manifest: errors, which the API server would reject, and warnings.

The rules themselves are in the other modules of this package; those for `spec` of a DaemonSet are here.
"""

from __future__ import annotations

from typing import Any

from workloads.daemonsets.manifest import api_versions, names, schema
from workloads.daemonsets.manifest.findings import Finding
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.legacy import changes_to_apps_v1, is_legacy
from workloads.daemonsets.manifest.outline import PROJECT, SELECTOR, TEMPLATE
from workloads.daemonsets.manifest.places import Place, Report, apps, without_nulls
from workloads.daemonsets.manifest.selectors import check_selector, matches
from workloads.daemonsets.project.facts import NOTHING_KNOWN, ProjectFacts, identity
from workloads.daemonsets.rules.advice import check_advice
from workloads.daemonsets.rules.objects import check_contents, check_metadata
from workloads.daemonsets.rules.pods import check_template
from workloads.daemonsets.rules.references import check_references
from workloads.documents.paths import patch

_STRATEGIES = ("RollingUpdate", "OnDelete")
_KUSTOMIZE = "https://kubectl.docs.kubernetes.io/references/kustomize/"
_KUSTOMIZE_INPUTS = (
    ("Kustomization", ""),
    ("Kustomization", "kustomize.config.k8s.io"),
    ("Component", "kustomize.config.k8s.io"),
)
_DEPRECATION_GUIDE = "https://kubernetes.io/docs/reference/using-api/deprecation-guide/"
_CUSTOM_RESOURCES = (
    "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/"
)
_DIRECTIVES = ("$patch", "$retainKeys", "$setElementOrder", "$deleteFromPrimitiveList")


def check(value: Any, project: ProjectFacts = NOTHING_KNOWN) -> list[Finding]:
    """All findings about one document of any kind. Never raises.

    project: what is known of the project that the document is for.
    """
    report = Report()
    if not isinstance(value, dict):
        report.error(
            Place(value),
            "not-an-object",
            _("This is not a Kubernetes object: it needs “apiVersion”, “kind” and “metadata”."),
        )
        return list(report)
    whole = Place(without_nulls(value))
    if _is_no_object(report, whole):
        return list(report)
    if is_legacy(whole.value):
        report.error(
            whole["apiVersion"],
            "legacy-version",
            _(
                "Kubernetes 1.16 removed DaemonSets of %(version)s: use apps/v1. The console can convert "
                "this one."
            ),
            f"{_DEPRECATION_GUIDE}#v1-16",
            version=whole["apiVersion"].text,
        )
        # The other findings are about the DaemonSet after its conversion.
        whole = Place(patch(whole.value, changes_to_apps_v1(whole.value) or []))
    elif not _has_type(report, whole):
        return list(report)
    version, kind = whole["apiVersion"].text, whole["kind"].text
    for finding in schema.validate(whole.value, version, kind):
        report.add(finding)
    check_metadata(report, whole)
    namespace = whole.at(*PROJECT)
    if project.project and namespace.text and namespace.text != project.project:
        report.warning(
            namespace,
            "other-namespace",
            _("This object goes to project “%(namespace)s”, not to project “%(project)s”."),
            namespace=namespace.text,
            project=project.project,
        )
    if (version, kind) == ("apps/v1", "DaemonSet"):
        facts = project.about(namespace.text)
        _check_spec(report, whole["spec"])
        _check_selector_kept(report, whole, facts)
        check_template(report, whole.at(*TEMPLATE))
        check_advice(report, whole, facts)
        check_references(report, whole, facts)
    else:
        check_contents(report, whole)
    return list(report)


# --- the kind of object ---


def _is_no_object(report: Report, whole: Place) -> bool:
    """Whether it is a list, a patch or the input of a tool, which gets this one finding."""
    version, kind = whole["apiVersion"], whole["kind"]
    if kind.text == "List" or (kind.text.endswith("List") and isinstance(whole["items"].value, list)):
        report.error(
            kind,
            "list",
            _("This is a list of objects: put each object in its own document, separated by “---”."),
        )
        return True
    group = version.text.partition("/")[0]
    if (kind.text, group) in _KUSTOMIZE_INPUTS:
        report.error(
            kind,
            "kustomization",
            _(
                "This is input for kustomize, not an object: import the output of “kubectl kustomize” "
                "instead."
            ),
            _KUSTOMIZE,
        )
        return True
    if _looks_like_patch(whole):
        report.error(
            Place(whole.value),
            "kustomize-patch",
            _(
                "This looks like a kustomize patch, which is only part of a DaemonSet: import the output of "
                "“kubectl kustomize” instead."
            ),
            _KUSTOMIZE,
        )
        return True
    return False


def _looks_like_patch(whole: Place) -> bool:
    """Whether it is part of a DaemonSet: a pod template with content, but neither a selector nor an image.

    A patch names what it patches. An unfinished draft of the console has no name yet, or has a selector: it
    gets both at once.
    """
    if _has_directive(whole.value):
        return True
    spec = whole["spec"]
    if whole["kind"].text != "DaemonSet" or is_legacy(whole.value) or spec["selector"]:
        return False
    if not whole.at("metadata", "name").text:
        return False
    pod = spec.at("template", "spec")
    containers = list(pod["containers"])
    return bool(pod.length) and not any(container["image"].text for container in containers)


def _has_directive(value: Any) -> bool:
    if isinstance(value, dict):
        keys = (key for key in value if isinstance(key, str) and key.startswith("$"))
        if any(key.partition("/")[0] in _DIRECTIVES for key in keys):
            return True
        value = list(value.values())
    return isinstance(value, list) and any(
        _has_directive(child) for child in value if isinstance(child, (dict, list))
    )


def _has_type(report: Report, whole: Place) -> bool:
    """Whether it has apiVersion and kind, and the two go together as far as is known."""
    version, kind = whole["apiVersion"], whole["kind"]
    for place in (version, kind):
        if not place.text:
            report.error(
                place,
                "type-missing",
                _("“%(field)s” is required: it identifies the kind of object.")
                if not place or place.is_blank
                else _("“%(field)s” must be a string."),
                field=place.path[-1],
            )
    if not (version.text and kind.text):
        return False
    return _has_kind(report, version, kind)


def _has_kind(report: Report, version: Place, kind: Place) -> bool:
    """Whether some supported cluster may have this kind in this apiVersion. Findings say where none, or not
    every one, has it."""
    served = api_versions.versions_of(kind.text)
    if version.text in served:
        return True
    removal = api_versions.removal(version.text, kind.text)
    if removal is None and not served and api_versions.of_kubernetes(version.text):
        removal = api_versions.removed_kind(kind.text)
    if removal is not None:
        return _is_removed(report, version, kind, removal)
    if not api_versions.of_kubernetes(version.text):
        _check_group(report, version, kind)
        return True
    if not served:
        return _is_unknown(report, version, kind)
    if "alpha" in version.text and not schema.knows_kind(kind.text):
        if stable := [each for each in served if "alpha" not in each]:
            report.warning(
                version,
                "api-alpha",
                _("Servers have %(version)s, an alpha version, only if it is turned on: use %(served)s."),
                _DEPRECATION_GUIDE,
                version=version.text,
                served=stable[0],
            )
        return True
    report.add_as(
        "error" if schema.knows_kind(kind.text) else "warning",
        version,
        "api-version",
        _("Kubernetes has no %(kind)s in %(version)s: use “apiVersion: %(served)s”."),
        _DEPRECATION_GUIDE,
        kind=kind.text,
        version=version.text,
        served=served[0],
    )
    return not schema.knows_kind(kind.text)


def _is_removed(report: Report, version: Place, kind: Place, removal: api_versions.Removal) -> bool:
    served = removal.minor > api_versions.OLDEST_SUPPORTED
    report.add_as(
        "warning" if served else "error",
        version,
        "api-removed",
        _("Kubernetes %(gone)s removed %(kind)s of %(version)s: use “apiVersion: %(successor)s”.")
        if removal.successor
        else _("Kubernetes %(gone)s removed %(kind)s, and nothing takes its place: remove this object."),
        f"{_DEPRECATION_GUIDE}#v1-{removal.minor}",
        gone=f"1.{removal.minor}",
        kind=kind.text,
        version=version.text,
        successor=removal.successor,
    )
    return served


def _check_group(report: Report, version: Place, kind: Place) -> None:
    """An API group that Kubernetes does not have: of a custom resource, or misspelled."""
    if api_versions.of_configuration(version.text):
        report.warning(
            kind,
            "configuration-file",
            _("This is a configuration file of a component, not an object of a cluster: remove it."),
            "https://kubernetes.io/docs/reference/config-api/",
        )
        return
    custom = api_versions.may_be_custom(version.text)
    meant = (api_versions.misspelled if custom else _versions_of)(version.text, kind.text)
    if meant or not custom:
        report.warning(
            version,
            "api-group",
            _("Kubernetes has no API group “%(group)s”. Did you mean “apiVersion: %(meant)s”?")
            if meant
            else _(
                "Kubernetes has no API group “%(group)s”, and the “apiVersion” of a custom resource is like "
                "example.com/v1: correct it."
            ),
            _CUSTOM_RESOURCES,
            group=api_versions.group_of(version.text),
            meant=next(iter(meant), ""),
        )


def _versions_of(_version: str, kind: str) -> list[str]:
    return api_versions.versions_of(kind) or api_versions.versions_of(api_versions.close_kind(kind))


def _is_unknown(report: Report, version: Place, kind: Place) -> bool:
    """A kind that the newest Kubernetes known here does not have, in one of its own API groups."""
    meant = api_versions.close_kind(kind.text)
    only_case = meant.lower() == kind.text.lower()
    report.add_as(
        "error" if only_case else "warning",
        kind,
        "kind-unknown",
        _("Kubernetes has no kind “%(kind)s”. Did you mean “%(meant)s”?")
        if meant
        else _("Kubernetes has no kind “%(kind)s” in %(version)s: correct “kind” or “apiVersion”."),
        kind=kind.text,
        meant=meant,
        version=version.text,
    )
    return not only_case


# --- the spec of a DaemonSet ---


def _check_selector_kept(report: Report, whole: Place, facts: ProjectFacts) -> None:
    """ValidateDaemonSetSpecUpdate: the selector is immutable."""
    live = facts.live
    if live is None or live.get("kind") != "DaemonSet":
        return
    namespace, name = identity(whole.value)
    if identity(live) != (namespace or facts.project, name):
        return
    had, selector = Place(without_nulls(live)).at(*SELECTOR), whole.at(*SELECTOR)
    same = all(had[part].value == selector[part].value for part in ("matchLabels", "matchExpressions"))
    if selector and not same:
        report.error(
            selector,
            "selector-immutable",
            _(
                "The selector of a DaemonSet that exists cannot be changed: restore it, or create a "
                "DaemonSet with another name."
            ),
            apps("ValidateDaemonSetSpecUpdate"),
        )


def _check_spec(report: Report, spec: Place) -> None:
    """`spec` of a DaemonSet (ValidateDaemonSetSpec in kubernetes/pkg/apis/apps/validation/validation.go)."""
    selector, labels = spec["selector"], spec.at("template", "metadata", "labels")
    check_selector(report, selector)
    if isinstance(selector.value, dict):
        if not selector["matchLabels"].length and not selector["matchExpressions"].length:
            report.error(
                selector,
                "selector-empty",
                _("An empty selector would select every pod: add labels of the pod template."),
                apps("ValidateDaemonSetSpec"),
            )
        elif spec["template"] and not matches(selector, labels.mapping):
            report.error(
                labels,
                "selector-mismatch",
                _("The pod labels do not match the selector: change one of them so that they match."),
                apps("ValidateDaemonSetSpec"),
            )
    for field in ("minReadySeconds", "revisionHistoryLimit"):
        report.at_least(spec[field], 0, apps("ValidateDaemonSetSpec"))
    _check_strategy(report, spec["updateStrategy"])


def _check_strategy(report: Report, strategy: Place) -> None:
    kind, rolling = strategy["type"], strategy["rollingUpdate"]
    report.choice(kind, _STRATEGIES, apps("ValidateDaemonSetUpdateStrategy"))
    if kind.text == "OnDelete":
        if rolling.length:
            report.warning(
                rolling,
                "strategy-unused",
                _("These settings have no effect with OnDelete: remove them, or choose RollingUpdate."),
                apps("ValidateDaemonSetUpdateStrategy"),
            )
        return
    unavailable, surge = rolling["maxUnavailable"], rolling["maxSurge"]
    if not all([_is_int_or_percent(report, unavailable), _is_int_or_percent(report, surge)]):
        return
    # The defaults: SetDefaults_DaemonSet in kubernetes/pkg/apis/apps/v1/defaults.go.
    has_unavailable = _is_positive(unavailable) if unavailable else True
    has_surge = _is_positive(surge)
    if has_unavailable and has_surge:
        report.error(
            surge,
            "strategy-both",
            _("“maxUnavailable” and “maxSurge” cannot both be more than 0: set one of them to 0.")
            if unavailable
            else _("With “maxSurge”, “maxUnavailable” must be 0: set it, because the default is 1."),
            apps("ValidateRollingUpdateDaemonSet"),
        )
    if not has_unavailable and not has_surge:
        report.error(
            unavailable,
            "strategy-neither",
            _(
                "With both “maxUnavailable” and “maxSurge” at 0, no pod can be updated: set one of them to "
                "more than 0."
            ),
            apps("ValidateRollingUpdateDaemonSet"),
        )


def _is_int_or_percent(report: Report, at: Place) -> bool:
    """Whether it is absent, or a number or a percentage of nodes (ValidatePositiveIntOrPercent)."""
    if at.number is not None:
        report.at_least(at, 0, apps("ValidatePositiveIntOrPercent"))
        return at.number >= 0
    if not isinstance(at.value, str):
        return not at
    if not names.PERCENT.fullmatch(at.value):
        report.error(
            at,
            "strategy-amount",
            _(
                "“%(value)s” is neither a number nor a percentage: write a number such as 1 without quotes, "
                "or “10%%”."
            ),
            apps("ValidatePositiveIntOrPercent"),
            value=at.value,
        )
        return False
    if len(at.value.lstrip("0")) > 4 or int(at.value[:-1]) > 100:
        report.error(
            at,
            "strategy-percentage",
            _("A percentage must not be more than 100."),
            apps("IsNotMoreThan100Percent"),
        )
        return False
    return True


def _is_positive(at: Place) -> bool:
    return bool(at.text.rstrip("%").strip("0")) if isinstance(at.value, str) else bool(at.number)
