"""Why the scheduler cannot place a pod that was created for a single node.

The scheduler counts its reasons over all nodes of the cluster, for each node only the first one. Affinity
ties a pod of a DaemonSet to its node, so all other nodes fail for that or for a taint, checked before.
Every other reason is about the pod's own node; only if there is none, a taint may be, too.

Sources: FitError.Error in pkg/scheduler/framework/types.go (before 1.20 core/generic_scheduler.go), the
reasons of its plugins nodeaffinity and tainttoleration, PostFilter of its plugins dynamicresources and
defaultpreemption.
"""

from __future__ import annotations

import re
from typing import Final

_COUNTED: Final = re.compile(r"0/\d+ nodes are available[:,] (?P<reasons>.+)", re.DOTALL)
# Once no node was found, plugins add a sentence of their own: "preemption: …", in newer versions "no new
# claims to deallocate, preemption: …". Reasons begin with a number.
_AFTERWARDS: Final = re.compile(r"\. (?=[a-z])")
_NEXT: Final = re.compile(r", (?=\d+ )")  # a taint in a reason has commas of its own
_HOW_MANY: Final = re.compile(r"\d+ (?:node\(s\) )?")
_TAINT: Final = re.compile(r"\d+ node\(s\) had (?:untolerated )?taint(?:\(s\)| )")
_OTHERS: Final = re.compile(
    r"didn't match (?:Pod's )?node (?:affinity|selector)|didn't satisfy plugin\(s\) \[NodeAffinity\]"
)


def own_node_reasons(message: str) -> str:
    """The part of a scheduler message that is about the pod's own node; the whole message if no part is, or
    if it has another form."""
    counted = _COUNTED.fullmatch(message.strip())
    if counted is None:
        return message
    reasons = _AFTERWARDS.split(counted["reasons"], maxsplit=1)[0].removesuffix(".")
    here = [each for each in _NEXT.split(reasons) if not _OTHERS.search(each)]
    own = [each for each in here if not _TAINT.search(each)] or here
    return ", ".join(_HOW_MANY.sub("", each, count=1) for each in own) or message
