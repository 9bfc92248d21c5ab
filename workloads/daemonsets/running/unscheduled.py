"""Why the scheduler takes no node for a pod, of one that is made for a single node.

The scheduler counts its reasons over all nodes of the cluster, of each node the first that it finds. A pod
of a DaemonSet is pinned to its node by affinity, so all others are out for that, or for a taint, which it
looks at before. What else is said is about its own node; only where nothing else is, that may be a taint too.

Sources: FitError.Error in pkg/scheduler/framework/types.go (before 1.20 core/generic_scheduler.go), the
reasons of its plugins nodeaffinity and tainttoleration, PostFilter of its plugins dynamicresources and
defaultpreemption.
"""

from __future__ import annotations

import re
from typing import Final

_COUNTED: Final = re.compile(r"0/\d+ nodes are available[:,] (?P<reasons>.+)", re.DOTALL)
# What plugins say once no node was found is a sentence of its own: "preemption: …", or since they know of
# claims "no new claims to deallocate, preemption: …". Reasons begin with their number.
_AFTERWARDS: Final = re.compile(r"\. (?=[a-z])")
_NEXT: Final = re.compile(r", (?=\d+ )")  # a taint in a reason has commas of its own
_HOW_MANY: Final = re.compile(r"\d+ (?:node\(s\) )?")
_TAINT: Final = re.compile(r"\d+ node\(s\) had (?:untolerated )?taint(?:\(s\)| )")
_OTHERS: Final = re.compile(
    r"didn't match (?:Pod's )?node (?:affinity|selector)|didn't satisfy plugin\(s\) \[NodeAffinity\]"
)


def of_its_node(message: str) -> str:
    """What of a message of the scheduler is about the node that the pod is made for; all of it where nothing
    is, or where it reads otherwise."""
    counted = _COUNTED.fullmatch(message.strip())
    if counted is None:
        return message
    reasons = _AFTERWARDS.split(counted["reasons"], maxsplit=1)[0].removesuffix(".")
    here = [each for each in _NEXT.split(reasons) if not _OTHERS.search(each)]
    own = [each for each in here if not _TAINT.search(each)] or here
    return ", ".join(_HOW_MANY.sub("", each, count=1) for each in own) or message
