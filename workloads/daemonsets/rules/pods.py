"""The rules for a pod template: its labels, its scheduling and the settings that its containers share.

Source, unless another is cited: kubernetes/pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from workloads.daemonsets.manifest import names
from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.outline import PREFERRED, REQUIRED
from workloads.daemonsets.manifest.places import Place, Report, apps, core
from workloads.daemonsets.manifest.pod import (
    DNS_POLICIES,
    EFFECTS,
    NODE_OPERATORS,
    TOLERATION_OPERATORS,
    all_containers,
    of_namespace,
)
from workloads.daemonsets.manifest.resources import check_overhead, check_pod_level
from workloads.daemonsets.manifest.selectors import check_labels, check_selector, check_values
from workloads.daemonsets.rules.annotations import check_annotations, check_pod_annotations
from workloads.daemonsets.rules.containers import check_containers, check_identity
from workloads.daemonsets.rules.operating_system import check_operating_system
from workloads.daemonsets.rules.volumes import check_volumes

_MAX_NAMESERVERS = 3
_MAX_SEARCHES = 32
_MAX_SEARCH_CHARACTERS = 2048


def check_template(report: Report, template: Place) -> None:
    """`spec.template` of a DaemonSet (ValidatePodTemplateSpec, ValidateDaemonSetSpec)."""
    check_labels(report, template.at("metadata", "labels"))
    check_annotations(report, template.at("metadata", "annotations"))
    pod = template["spec"]
    if not pod:
        return
    check_pod_annotations(report, template)
    check_volumes(report, pod)
    check_containers(report, pod)
    check_pod_level(report, pod)
    if pod["resources"]["claims"]:
        report.error(
            pod["resources"]["claims"],
            "pod-claims",
            _("Only the resources of a container can have “claims”: move it there."),
            core("validatePodResources"),
        )
    _check_references(report, pod)
    _check_lifetime(report, pod)
    check_operating_system(report, pod)
    _check_security(report, pod)
    _check_network(report, pod)
    check_labels(report, pod["nodeSelector"])
    _check_tolerations(report, pod)
    _check_affinity(report, pod["affinity"])
    _check_spread(report, pod)


def _check_references(report: Report, pod: Place) -> None:
    for field, cite in (
        ("serviceAccountName", "ValidateServiceAccountName"),
        ("serviceAccount", "ValidateServiceAccountName"),
        ("nodeName", "ValidateNodeName"),
        ("priorityClassName", "ValidatePriorityClassName"),
        ("runtimeClassName", "ValidateRuntimeClassName"),
    ):
        report.test(pod[field], "name", names.dns_subdomain, core(cite))
    if pod["runtimeClassName"].is_blank:
        report.required(pod["runtimeClassName"], core("ValidateRuntimeClassName"))
    for field in ("hostname", "subdomain"):
        report.test(pod[field], "name", names.dns_label, core("ValidatePodSpec"))
    _check_host_name(report, pod)
    gates: set[str] = set()
    for gate in pod["schedulingGates"]:
        report.once(gate["name"], gates, core("validateSchedulingGates"))
        report.test(gate["name"], "label-key", names.qualified_name, core("validateSchedulingGates"))
    for gate in pod["readinessGates"]:
        report.test(gate["conditionType"], "label-key", names.qualified_name, core("validateReadinessGates"))
    named: set[str] = set()
    for claim in pod["resourceClaims"]:
        report.once(claim["name"], named, core("validatePodResourceClaims"))
        report.test(claim["name"], "name", names.dns_label, core("validatePodResourceClaim"))
        for field in ("resourceClaimName", "resourceClaimTemplateName"):
            if claim[field] and report.required(claim[field], core("validatePodResourceClaim")):
                report.test(claim[field], "name", names.dns_subdomain, core("validatePodResourceClaim"))
        if bool(claim["resourceClaimName"]) == bool(claim["resourceClaimTemplateName"]):
            report.error(
                claim,
                "resource-claim-source",
                _("Set either “resourceClaimName” or “resourceClaimTemplateName”, but not both."),
                core("validatePodResourceClaim"),
            )
    for container in all_containers(pod):
        requested: set[tuple[str, str]] = set()
        for claim in container.at("resources", "claims"):
            name, request = claim["name"].text, claim["request"].text
            # A claim is asked for whole, or by several of its requests.
            if {(name, request), (name, "")} & requested or (
                not request and any(name == other for other, _request in requested)
            ):
                report.twice(claim["name"], core("validateResourceClaimNames"))
            requested.add((name, request))
            if name and name not in named:
                report.error(
                    claim["name"],
                    "resource-claim-missing",
                    _(
                        "The pod has no resource claim named “%(name)s”: add it to “resourceClaims” in the "
                        "pod spec."
                    ),
                    core("validateResourceClaimNames"),
                    name=claim["name"].text,
                )


def _check_host_name(report: Report, pod: Place) -> None:
    name, cite = pod["hostnameOverride"], core("validatePodHostName")
    if not name or not report.required(name, cite):
        return
    for other in ("hostNetwork", "setHostnameAsFQDN"):
        if pod[other].is_true:
            report.error(
                name,
                "hostname-override",
                _("“hostnameOverride” cannot be used with “%(field)s: true”: remove one of the two."),
                cite,
                field=other,
            )
    report.test(name, "name", names.host_name, cite)


def _check_lifetime(report: Report, pod: Place) -> None:
    restart = pod["restartPolicy"]
    if restart.text and restart.text != "Always":
        report.error(
            restart,
            "restart-policy",
            _("Pods of a DaemonSet always restart: set “restartPolicy” to Always, or remove it."),
            apps("ValidateDaemonSetSpec"),
        )
    if pod["activeDeadlineSeconds"]:
        report.error(
            pod["activeDeadlineSeconds"],
            "active-deadline",
            _("Pods of a DaemonSet run until they are replaced: remove “activeDeadlineSeconds”."),
            apps("ValidateDaemonSetSpec"),
        )
    if pod["ephemeralContainers"].length:
        report.error(
            pod["ephemeralContainers"],
            "ephemeral-containers",
            _(
                "Ephemeral containers can only be added to running pods, with “kubectl debug”: remove them "
                "here."
            ),
            core("ValidatePodTemplateSpec"),
        )
    grace = pod["terminationGracePeriodSeconds"]
    if grace.number is not None and grace.number < 0:
        report.warning(
            grace,
            "grace-period",
            _("A negative grace period counts as 1 second: use 0 or more."),
            "kubernetes/pkg/api/pod/warnings.go",
        )
    report.choice(
        pod["preemptionPolicy"],
        ("PreemptLowerPriority", "Never"),
        core("ValidatePreemptionPolicy"),
        blank=False,
    )
    report.choice(pod.at("os", "name"), ("linux", "windows"), core("validateOS"))
    check_overhead(report, pod["overhead"])


def _check_security(report: Report, pod: Place) -> None:
    context = pod["securityContext"]
    check_identity(report, context)
    cite = core("validatePodSpecSecurityContext")
    report.choice(context["fsGroupChangePolicy"], ("OnRootMismatch", "Always"), cite, blank=False)
    report.choice(context["supplementalGroupsPolicy"], ("Merge", "Strict"), cite, blank=False)
    report.choice(context["seLinuxChangePolicy"], ("Recursive", "MountOption"), cite, blank=False)
    used: set[str] = set()
    for setting in context["sysctls"]:
        name = setting["name"]
        report.test(name, "sysctl", names.sysctl, core("validateSysctls"))
        report.unique(
            name,
            used,
            "name-taken",
            _("The sysctl “%(name)s” is set twice: remove one."),
            core("validateSysctls"),
            name=name.text,
        )
        shared = of_namespace(name.text)
        if shared and pod[shared].is_true:
            report.error(
                name,
                "sysctl-of-host",
                _("With “%(field)s”, this sysctl would change the node itself: remove it."),
                core("ValidateHostSysctl"),
                field=shared,
            )
    share = pod["shareProcessNamespace"]
    if pod["hostPID"].is_true and share.is_true:
        report.error(
            share,
            "process-namespaces",
            _(
                "A pod cannot share processes with the node (“hostPID”) and among its containers at the same "
                "time: set one of the two to false."
            ),
            core("validatePodSpecSecurityContext"),
        )
    if pod["hostUsers"].is_false:
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            if pod[field].is_true:
                report.error(
                    pod[field],
                    "host-users",
                    _("“%(field)s” cannot be used with “hostUsers: false”: remove one of the two."),
                    core("validateHostUsers"),
                    field=field,
                )


def _check_network(report: Report, pod: Place) -> None:
    cite = core("validatePodDNSConfig")
    policy, dns = pod["dnsPolicy"], pod["dnsConfig"]
    report.choice(policy, DNS_POLICIES, core("validateDNSPolicy"))
    servers, searches = dns["nameservers"], dns["searches"]
    if policy.text == "None" and not servers.length:
        report.error(
            servers,
            "dns-servers-missing",
            _("DNS policy None requires at least one DNS server: add one here."),
            cite,
        )
    if servers.length > _MAX_NAMESERVERS:
        report.error(
            servers,
            "dns-servers-limit",
            _("At most %(limit)d DNS servers are allowed: remove some."),
            cite,
            limit=_MAX_NAMESERVERS,
        )
    for server in servers:
        report.test(server, "ip-address", names.ip_address, cite)
    for search in searches:
        if search.is_blank:
            report.required(search, cite)
        report.test(search, "dns-search", names.dns_search, cite)
    letters = sum(len(search.text) + 1 for search in searches) - 1
    if searches.length > _MAX_SEARCHES or letters > _MAX_SEARCH_CHARACTERS:
        report.error(
            searches,
            "dns-search-limit",
            _(
                "At most %(limit)d search domains with %(letters)d characters in total are allowed: remove "
                "some."
            ),
            cite,
            limit=_MAX_SEARCHES,
            letters=_MAX_SEARCH_CHARACTERS,
        )
    for option in dns["options"]:
        report.required(option["name"], cite)
    for alias in pod["hostAliases"]:
        report.test(alias["ip"], "ip-address", names.ip_address, core("ValidateHostAliases"))
        for name in alias["hostnames"]:
            report.test(name, "name", names.dns_subdomain, core("ValidateHostAliases"))


# --- the nodes that the pods run on ---


def _check_tolerations(report: Report, pod: Place) -> None:
    cite = core("ValidateTolerations")
    for toleration in pod["tolerations"]:
        key, operator, value = toleration["key"], toleration["operator"], toleration["value"]
        effect, seconds = toleration["effect"], toleration["tolerationSeconds"]
        report.test(key, "label-key", names.qualified_name, cite)
        report.choice(operator, TOLERATION_OPERATORS, cite)
        report.choice(effect, EFFECTS, cite)
        if not key.text and operator.text != "Exists" and isinstance(toleration.value, dict):
            report.error(
                operator,
                "toleration-key",
                _(
                    "A toleration without a key requires the operator Exists, which tolerates every taint: "
                    "set it, or add a key."
                ),
                cite,
            )
        if operator.text == "Exists" and value.text:
            report.error(value, "toleration-value", _("Operator Exists takes no value: remove it."), cite)
        if operator.text in ("", "Equal"):
            report.test(value, "label-value", names.label_value, cite)
        if operator.text in ("Lt", "Gt"):
            if report.required(value, cite):
                report.test(value, "toleration-number", names.decimal_integer, cite)
            report.warning(
                operator,
                "toleration-compares",
                _(
                    "Operators Lt and Gt require Kubernetes 1.35 or later with the feature gate "
                    "TaintTolerationComparisonOperators."
                ),
                "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/",
            )
        if seconds and effect.text != "NoExecute":
            report.error(
                effect if effect else seconds,
                "toleration-seconds",
                _(
                    "“tolerationSeconds” requires the effect NoExecute: change the effect or remove the "
                    "seconds."
                ),
                cite,
            )


def _check_affinity(report: Report, affinity: Place) -> None:
    node = affinity["nodeAffinity"]
    required = node[REQUIRED]
    terms = required["nodeSelectorTerms"]
    if terms and not terms.length:
        report.error(
            terms,
            "node-terms",
            _("The required node affinity has no terms: add at least one, or remove it."),
            core("ValidateNodeSelector"),
        )
    for term in terms:
        _check_node_term(report, term, strict=True)
    for preferred in node[PREFERRED]:
        report.between(preferred["weight"], 1, 100, core("ValidatePreferredSchedulingTerms"))
        _check_node_term(report, preferred["preference"], strict=False)
    for kind in ("podAffinity", "podAntiAffinity"):
        for term in affinity[kind][REQUIRED]:
            _check_pod_term(report, term)
        for weighted in affinity[kind][PREFERRED]:
            report.between(weighted["weight"], 1, 100, core("validateWeightedPodAffinityTerms"))
            _check_pod_term(report, weighted["podAffinityTerm"])


def _check_node_term(report: Report, term: Place, *, strict: bool) -> None:
    """strict: check label values too, as Kubernetes does for required terms only."""
    cite = core("ValidateNodeSelectorRequirement")
    for requirement in term["matchExpressions"]:
        operator, values = requirement["operator"], requirement["values"]
        report.test(requirement["key"], "label-key", names.qualified_name, cite)
        report.choice(operator, NODE_OPERATORS, cite)
        check_values(report, "node-values", operator, values, cite)
        if operator.text in ("Gt", "Lt") and values.length != 1:
            template = _("Operator %(operator)s takes exactly one value.")
            report.error(values, "node-values", template, cite, operator=operator.text)
        for value in values:
            if strict:
                report.test(value, "label-value", names.label_value, cite)
            if operator.text in ("Gt", "Lt") and names.parse_int(value.text) is None:
                report.warning(
                    value,
                    "node-value",
                    _(
                        "Operators Gt and Lt compare whole numbers, so no node matches this value: use a "
                        "whole number."
                    ),
                    "component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go",
                )
    cite = core("ValidateNodeFieldSelectorRequirement")
    for requirement in term["matchFields"]:
        report.choice(requirement["key"], ("metadata.name",), cite)
        report.choice(requirement["operator"], ("In", "NotIn"), cite)
        if requirement["values"].length != 1 and requirement["operator"].text in ("In", "NotIn"):
            report.error(
                requirement["values"],
                "node-values",
                _("An expression on a node field takes exactly one value."),
                cite,
            )
        for value in requirement["values"]:
            report.test(value, "name", names.dns_subdomain, cite)


def _check_pod_term(report: Report, term: Place) -> None:
    cite = core("validatePodAffinityTerm")
    report.test(term["topologyKey"], "label-key", names.qualified_name, cite)
    check_selector(report, term["labelSelector"])
    check_selector(report, term["namespaceSelector"])
    for namespace in term["namespaces"]:
        if namespace.is_blank:
            report.required(namespace, cite)
        report.test(namespace, "name", names.dns_label, cite)
    _check_label_keys(report, term)


def _check_label_keys(report: Report, term: Place) -> None:
    """The labels whose values a term takes from the pod (ValidateMatchLabelKeysAndMismatchLabelKeys)."""
    for field in ("matchLabelKeys", "mismatchLabelKeys"):
        keys, cite = term[field], core("ValidateMatchLabelKeysAndMismatchLabelKeys")
        if keys.length and not term["labelSelector"]:
            report.error(
                keys,
                "label-keys-alone",
                _("“%(field)s” requires “labelSelector” beside it: add it, or remove the keys."),
                cite,
                field=field,
            )
            continue
        for key in keys:
            report.test(key, "label-key", names.qualified_name, cite)
    cite = core("ValidateMatchLabelKeysAndMismatchLabelKeys")
    selector = term["labelSelector"]
    selected = [*selector["matchLabels"].mapping, *(e["key"].text for e in selector["matchExpressions"])]
    others = {key.text for key in term["mismatchLabelKeys"]}
    for key in term["matchLabelKeys"]:
        if key.text and selected.count(key.text) > 1:
            report.error(
                key,
                "label-keys-twice",
                _("“labelSelector” selects by “%(key)s” more than once: leave it to “matchLabelKeys”."),
                cite,
                key=key.text,
            )
        if key.text and key.text in others:
            report.error(
                key,
                "label-keys-twice",
                _("“%(key)s” is in “matchLabelKeys” and in “mismatchLabelKeys”: remove one of the two."),
                cite,
                key=key.text,
            )


def _check_spread(report: Report, pod: Place) -> None:
    cite = core("validateTopologySpreadConstraints")
    used: set[tuple[str, str]] = set()
    for constraint in pod["topologySpreadConstraints"]:
        key, action = constraint["topologyKey"], constraint["whenUnsatisfiable"]
        report.at_least(constraint["maxSkew"], 1, cite)
        report.at_least(constraint["minDomains"], 1, cite)
        report.choice(action, ("DoNotSchedule", "ScheduleAnyway"), cite)
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            report.choice(constraint[field], ("Honor", "Ignore"), cite, blank=False)
        if constraint["minDomains"] and action.text == "ScheduleAnyway":
            report.error(
                constraint["minDomains"],
                "min-domains",
                _("“minDomains” requires “whenUnsatisfiable: DoNotSchedule”."),
                cite,
            )
        if (key.text, action.text) in used:
            report.error(
                constraint,
                "spread-twice",
                _("Two constraints have the key “%(key)s” and the action %(action)s: remove one."),
                cite,
                key=key.text,
                action=action.text,
            )
        used.add((key.text, action.text))
        check_selector(report, constraint["labelSelector"])
        _check_label_keys(report, constraint)
