"""Why the scheduler takes no node for a pod, of one that is made for a single node.

The scheduler counts its reasons over all nodes of the cluster. A pod of a DaemonSet is pinned to its node by
affinity, so all others are out for that; what else is said is about its own node, or about others whose
reason was found before the affinity was looked at, which the message does not tell apart.

Sources: FitError.Error in pkg/scheduler/framework/types.go (before 1.20 core/generic_scheduler.go), the
reasons of its plugins nodeaffinity and tainttoleration.
"""

from __future__ import annotations

import re
from typing import Final

_COUNTED: Final = re.compile(r"0/\d+ nodes are available[:,] (?P<reasons>.+)", re.DOTALL)
_PREEMPTION: Final = re.compile(r"\.? preemption: ")
_NEXT: Final = re.compile(r", (?=\d+ )")  # a taint in a reason has commas of its own
_HOW_MANY: Final = re.compile(r"\d+ (?:node\(s\) )?")
_OTHERS: Final = re.compile(
    r"didn't match (?:Pod's )?node (?:affinity|selector)|didn't satisfy plugin\(s\) \[NodeAffinity\]"
)


def of_its_node(message: str) -> str:
    """What of a message of the scheduler is about the node that the pod is made for; all of it where nothing
    is, or where it reads otherwise."""
    counted = _COUNTED.fullmatch(message.strip())
    if counted is None:
        return message
    reasons = _PREEMPTION.split(counted["reasons"], maxsplit=1)[0].removesuffix(".")
    own = [_HOW_MANY.sub("", each, count=1) for each in _NEXT.split(reasons) if not _OTHERS.search(each)]
    return ", ".join(own) or message
