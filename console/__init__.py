"""DaemonSet Console: the shell around the domain in `workloads`."""

__version__ = "0.1.0"
