"""Why a node gets a pod or not, in words: the reasons of a verdict as sentences."""

from __future__ import annotations

from typing import Final

from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.sentences import Sentence
from workloads.daemonsets.placement.verdicts import (
    HOST_NETWORK_TAINT,
    AffinityMismatch,
    FailedTerm,
    NamedOtherNode,
    Reason,
    SelectorMismatch,
    SoftTaint,
    ToleratedTaint,
    UntoleratedTaint,
)

_SHOWN: Final = 6


def say(reason: Reason, *, of_group: bool = False) -> Sentence:
    """of_group: the sentence is about several nodes, so it leaves out what each of them has."""
    match reason:
        case NamedOtherNode():
            template = _("The pods are assigned to the node %(node)s (nodeName).")
            return Sentence(template, {"node": reason.node_name}, "node-name")
        case SelectorMismatch():
            return _selector(reason, of_group)
        case AffinityMismatch():
            return _affinity(reason, of_group)
        case UntoleratedTaint():
            return _untolerated(reason)
        case ToleratedTaint():
            return _tolerated(reason)
        case SoftTaint():
            template = _("DaemonSets ignore the taint %(taint)s.")
            return Sentence(template, {"taint": str(reason.taint)}, "soft-taint")


def _selector(reason: SelectorMismatch, of_group: bool) -> Sentence:
    params = {"wanted": f"{reason.key}={reason.value}"}
    if of_group:
        template = _("The node selector requires %(wanted)s; none of these nodes has it.")
        return Sentence(template, params, "selector-mismatch")
    if reason.found is None:
        template = _("The node selector requires %(wanted)s; the node has no label %(key)s.")
        return Sentence(template, {**params, "key": reason.key}, "selector-no-label")
    template = _("The node selector requires %(wanted)s; the node has %(found)s.")
    return Sentence(template, {**params, "found": f"{reason.key}={reason.found}"}, "selector-other-value")


def _affinity(reason: AffinityMismatch, of_group: bool) -> Sentence:
    if not reason.terms:
        template = _("The required node affinity has no terms, so it matches no node.")
        return Sentence(template, code="affinity-no-terms")
    if all(term.unreadable or not term.failed for term in reason.terms):
        unreadable = [expression for term in reason.terms for expression in term.unreadable]
        if not unreadable:
            template = _("The terms of the required node affinity are empty, so they match no node.")
            return Sentence(template, code="affinity-empty-terms")
        params = {"terms": ", ".join(map(str, unreadable))}
        return Sentence(_("The required node affinity is invalid: %(terms)s"), params, "affinity-invalid")
    terms = list(filter(None, map(_term, reason.terms)))
    # Nodes that are selected by name are one term each: hundreds of them explain nothing more.
    params = {"terms": " | ".join([*terms[:_SHOWN], *(["…"] if len(terms) > _SHOWN else [])])}
    about_labels = any(not e.is_field for term in reason.terms for e in term.failed)
    if of_group or not about_labels:
        template = _("The required node affinity does not match: %(terms)s")
        return Sentence(template, params, "affinity-mismatch")
    if not reason.found:
        template = _("The required node affinity is %(terms)s; the node has no such label.")
        return Sentence(template, params, "affinity-no-label")
    params["found"] = ", ".join(f"{key}={value}" for key, value in reason.found)
    template = _("The required node affinity is %(terms)s; the node has %(found)s.")
    return Sentence(template, params, "affinity-other-value")


def _term(term: FailedTerm) -> str:
    return ", ".join(map(str, (*term.failed, *term.unreadable)))


def _untolerated(reason: UntoleratedTaint) -> Sentence:
    params = {"taint": str(reason.taint)}
    if reason.missed == "host network":
        template = _("Only pods that use the host network (hostNetwork) tolerate the taint %(taint)s.")
        return Sentence(template, params, "untolerated-taint-host-network")
    if reason.near is None:
        return Sentence(_("The taint %(taint)s is not tolerated."), params, "untolerated-taint")
    params["toleration"] = str(reason.near)
    match reason.missed:
        case "retired":
            template = _(
                "The taint %(taint)s is not tolerated; %(toleration)s tolerates its deprecated name, which "
                "nodes no longer have."
            )
            return Sentence(template, params, "untolerated-taint-deprecated")
        case "effect" if reason.near.automatic:
            template = _(
                "The taint %(taint)s is not tolerated; a DaemonSet tolerates only %(toleration)s "
                "automatically."
            )
            return Sentence(template, params, "untolerated-taint-automatic-effect")
        case "effect":
            template = _(
                "The taint %(taint)s is not tolerated; %(toleration)s tolerates only another effect."
            )
            return Sentence(template, params, "untolerated-taint-effect")
        case "value":
            template = _("The taint %(taint)s is not tolerated; %(toleration)s tolerates only another value.")
            return Sentence(template, params, "untolerated-taint-value")
        case _:
            template = _(
                "The taint %(taint)s is not tolerated; the cluster does not support the operator of "
                "%(toleration)s."
            )
            return Sentence(template, params, "untolerated-taint-operator")


def _tolerated(reason: ToleratedTaint) -> Sentence:
    params = {"taint": str(reason.taint)}
    by = reason.by
    if by.automatic and (by.key, by.effect) == HOST_NETWORK_TAINT:
        template = _(
            "Every DaemonSet that uses the host network (hostNetwork) tolerates the taint %(taint)s "
            "automatically."
        )
        return Sentence(template, params, "tolerated-by-host-network")
    if by.automatic:
        template = _("Every DaemonSet tolerates the taint %(taint)s automatically.")
        return Sentence(template, params, "tolerated-automatically")
    params |= {"toleration": str(by), "effect": by.effect}
    if by.key:
        return Sentence(_("The taint %(taint)s is tolerated by %(toleration)s."), params, "tolerated")
    if by.effect:
        template = _("The taint %(taint)s is tolerated, like every taint with the effect %(effect)s.")
        return Sentence(template, params, "tolerated-with-effect")
    return Sentence(_("The taint %(taint)s is tolerated, like every taint."), params, "tolerated-with-all")
