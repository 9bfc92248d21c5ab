"""Why a node gets a pod or not, in words: the reasons of `placement` as sentences."""

from __future__ import annotations

from typing import Final, TypeAlias

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

_Said: TypeAlias = tuple[str, dict[str, str]]
_SHOWN: Final = 6


def say(reason: Reason, *, of_group: bool = False) -> Sentence:
    """`of_group`: it is said of several nodes, so it leaves out what the one node has."""
    return Sentence(*_said(reason, of_group))


def _said(reason: Reason, of_group: bool) -> _Said:
    match reason:
        case NamedOtherNode():
            return _("The template is bound to the node %(node)s (nodeName)."), {"node": reason.node_name}
        case SelectorMismatch():
            return _selector(reason, of_group)
        case AffinityMismatch():
            return _affinity(reason, of_group)
        case UntoleratedTaint():
            return _taint(reason)
        case ToleratedTaint():
            if reason.by.automatic and (reason.by.key, reason.by.effect) == HOST_NETWORK_TAINT:
                return _(
                    "The taint %(taint)s is tolerated automatically, as by every DaemonSet in the host "
                    "network (hostNetwork)."
                ), {"taint": str(reason.taint)}
            if reason.by.automatic:
                return _("The taint %(taint)s is tolerated automatically, as by every DaemonSet."), {
                    "taint": str(reason.taint)
                }
            params = {"taint": str(reason.taint), "toleration": str(reason.by), "effect": reason.by.effect}
            if reason.by.key:
                return _("The taint %(taint)s is tolerated by %(toleration)s."), params
            if reason.by.effect:
                return _(
                    "The taint %(taint)s is tolerated, as every taint with the effect %(effect)s is."
                ), params
            return _("The taint %(taint)s is tolerated, as every taint is."), params
        case SoftTaint():
            return _("The taint %(taint)s does not keep a DaemonSet off."), {"taint": str(reason.taint)}


def _selector(reason: SelectorMismatch, of_group: bool) -> _Said:
    wanted = f"{reason.key}={reason.value}"
    if of_group:
        return _("The node selector asks for %(wanted)s, which none of these nodes has."), {"wanted": wanted}
    if reason.found is None:
        return _("The node selector asks for %(wanted)s; the node has no label %(key)s."), {
            "wanted": wanted,
            "key": reason.key,
        }
    return _("The node selector asks for %(wanted)s; the node has %(found)s."), {
        "wanted": wanted,
        "found": f"{reason.key}={reason.found}",
    }


def _affinity(reason: AffinityMismatch, of_group: bool) -> _Said:
    if not reason.terms:
        return _("The required node affinity has no terms, so it matches no node."), {}
    if all(term.unreadable or not term.failed for term in reason.terms):
        unreadable = [expression for term in reason.terms for expression in term.unreadable]
        if not unreadable:
            return _("The terms of the required node affinity are empty, so they match no node."), {}
        return _("The required node affinity cannot be understood: %(terms)s"), {
            "terms": ", ".join(map(str, unreadable))
        }
    terms = list(filter(None, map(_term, reason.terms)))
    # Nodes that are picked by name are one term each: hundreds of them explain nothing more.
    params = {"terms": " | ".join([*terms[:_SHOWN], *(["…"] if len(terms) > _SHOWN else [])])}
    about_labels = any(not e.is_field for term in reason.terms for e in term.failed)
    if of_group or not about_labels:
        return _("The required node affinity does not match: %(terms)s"), params
    if not reason.found:
        return _("The required node affinity asks for %(terms)s; the node has no such label."), params
    params["found"] = ", ".join(f"{key}={value}" for key, value in reason.found)
    return _("The required node affinity asks for %(terms)s; the node has %(found)s."), params


def _term(term: FailedTerm) -> str:
    return ", ".join(map(str, (*term.failed, *term.unreadable)))


def _taint(reason: UntoleratedTaint) -> _Said:
    params = {"taint": str(reason.taint)}
    if reason.missed == "host network":
        return _("The taint %(taint)s is tolerated only by pods in the host network (hostNetwork)."), params
    if reason.near is None:
        return _("The taint %(taint)s is not tolerated."), params
    params["toleration"] = str(reason.near)
    match reason.missed:
        case "retired":
            return _(
                "The taint %(taint)s is not tolerated; %(toleration)s names its former name, which nodes no "
                "longer carry."
            ), params
        case "effect" if reason.near.automatic:
            return _(
                "The taint %(taint)s is not tolerated; a DaemonSet tolerates only %(toleration)s "
                "automatically."
            ), params
        case "effect":
            return _(
                "The taint %(taint)s is not tolerated; %(toleration)s tolerates another effect only."
            ), params
        case "value":
            return _("The taint %(taint)s is not tolerated; %(toleration)s asks for another value."), params
        case _:
            return _(
                "The taint %(taint)s is not tolerated; the cluster does not know the operator of "
                "%(toleration)s."
            ), params
