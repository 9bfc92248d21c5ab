"""The syntax of names, labels, keys and paths.

Every function here returns None for a valid string, else a message template and its parameters.
Source: k8s.io/apimachinery/pkg/util/validation/validation.go, the function that is named.
"""

from __future__ import annotations

import ipaddress
import re

from workloads.daemonsets.manifest.findings import gettext_noop as _
from workloads.daemonsets.manifest.places import Problem, shortened

LABEL_LIMIT = 63
SUBDOMAIN_LIMIT = 253
ANNOTATIONS_LIMIT = 256 * 1024
_PROFILE_LIMIT = 4095

PERCENT = re.compile(r"[0-9]+%")
_LABEL = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(rf"{_LABEL.pattern}(?:\.{_LABEL.pattern})*")
_LOOSE_LABEL = re.compile(r"[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?")
_SEARCH = re.compile(rf"_?{_LOOSE_LABEL.pattern}(?:\.{_LOOSE_LABEL.pattern})*")
_QUALIFIED = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_ENV_NAME = re.compile(r"[ -<>-~]+")
_HTTP_HEADER = re.compile(r"[-A-Za-z0-9]+")
_PORT_NAME = re.compile(r"(?=.*[a-z])[a-z0-9](?:-?[a-z0-9])*")
_SYSCTL = re.compile(r"(?:[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?")
_INTEGER = re.compile(r"0|-?[1-9][0-9]*")


def _too_long(value: str, limit: int) -> Problem | None:
    if len(value) <= limit:
        return None
    return _("This has %(length)d characters: shorten it to %(limit)d or fewer."), {
        "length": len(value),
        "limit": limit,
    }


def _shape(value: str, shape: re.Pattern[str], template: str) -> Problem | None:
    return None if shape.fullmatch(value) else (template, {"value": shortened(value)})


def dns_label(value: str) -> Problem | None:
    """Names of containers, volumes, namespaces (IsDNS1123Label)."""
    return _too_long(value, LABEL_LIMIT) or _shape(
        value,
        _LABEL,
        _(
            "“%(value)s” is not a valid name: use lowercase letters, digits and “-”, and start and end with "
            "a letter or digit."
        ),
    )


def dns_subdomain(value: str) -> Problem | None:
    """Names of most objects (IsDNS1123Subdomain)."""
    return _too_long(value, SUBDOMAIN_LIMIT) or _shape(
        value,
        _SUBDOMAIN,
        _(
            "“%(value)s” is not a valid name: use lowercase letters, digits, “-” and “.”, and start and end "
            "with a letter or digit."
        ),
    )


def host_name(value: str) -> Problem | None:
    """The host name of a pod (validatePodHostName): Linux has room for 64 characters."""
    return _too_long(value, 64) or dns_subdomain(value)


def csi_driver(value: str) -> Problem | None:
    """Names of CSI drivers: DNS names of at most 63 characters, capitals allowed (ValidateCSIDriverName)."""
    return _too_long(value, LABEL_LIMIT) or dns_subdomain(value.lower())


def path_segment(value: str) -> Problem | None:
    """Names of RBAC objects (IsValidPathSegmentName in apimachinery/pkg/api/validation/path)."""
    if value in (".", "..") or "/" in value or "%" in value:
        return _("“%(value)s” is not a valid name: it must not be “.” or “..”, or contain “/” or “%%”."), {
            "value": shortened(value)
        }
    return None


def dns_search(value: str) -> Problem | None:
    """A DNS search domain (IsDNS1123SubdomainWithUnderscore); a dot at the end is allowed."""
    if value == ".":
        return None
    value = value.removesuffix(".")
    return _too_long(value, SUBDOMAIN_LIMIT) or _shape(
        value, _SEARCH, _("“%(value)s” is not a valid DNS search domain: write it like “svc.cluster.local”.")
    )


def qualified_name(value: str) -> Problem | None:
    """Keys of labels and annotations, resource names (IsQualifiedName)."""
    prefix, slash, name = value.rpartition("/")
    if slash and (not prefix or len(prefix) > SUBDOMAIN_LIMIT or not _SUBDOMAIN.fullmatch(prefix)):
        return _(
            "“%(value)s” is not a valid key: the part before “/” must be a DNS name such as “example.com”."
        ), {"value": shortened(value)}
    return _too_long(name, LABEL_LIMIT) or _shape(
        name,
        _QUALIFIED,
        _(
            "“%(value)s” is not a valid key: use letters, digits, “-”, “_” and “.”, and start and end with a "
            "letter or digit."
        ),
    )


def annotation_key(value: str) -> Problem | None:
    """Keys of annotations: as label keys, but with capitals in the prefix (ValidateAnnotations)."""
    return qualified_name(value.lower())


def label_value(value: str) -> Problem | None:
    """Values of labels, which may be empty (IsValidLabelValue)."""
    return _too_long(value, LABEL_LIMIT) or _shape(
        value,
        re.compile(rf"(?:{_QUALIFIED.pattern})?"),
        _(
            "“%(value)s” is not a valid label value: use letters, digits, “-”, “_” and “.”, and start and "
            "end with a letter or digit."
        ),
    )


def config_key(value: str) -> Problem | None:
    """Keys of ConfigMaps and Secrets (IsConfigMapKey)."""
    if value == "." or value.startswith(".."):
        return _("“%(value)s” is not a valid key: it must not be “.” or start with “..”."), {
            "value": shortened(value)
        }
    return _too_long(value, SUBDOMAIN_LIMIT) or _shape(
        value, _CONFIG_KEY, _("“%(value)s” is not a valid key: use letters, digits, “-”, “_” and “.”.")
    )


def env_name(value: str) -> Problem | None:
    """Names of environment variables (IsRelaxedEnvVarName, since Kubernetes 1.32).

    Before, only letters, digits, “-”, “_” and “.” were allowed.
    """
    return _shape(
        value,
        _ENV_NAME,
        _("“%(value)s” is not a valid environment variable name: use printable ASCII characters except “=”."),
    )


def port_name(value: str) -> Problem | None:
    """Names of ports: IANA service names (IsValidPortName)."""
    return _too_long(value, 15) or _shape(
        value,
        _PORT_NAME,
        _(
            "“%(value)s” is not a valid port name: use lowercase letters and digits, with single “-” between "
            "them and at least one letter."
        ),
    )


def http_header(value: str) -> Problem | None:
    """Names of HTTP headers (IsHTTPHeaderName)."""
    return _shape(
        value, _HTTP_HEADER, _("“%(value)s” is not a valid HTTP header name: use letters, digits and “-”.")
    )


def sysctl(value: str) -> Problem | None:
    """Names of sysctls (IsValidSysctlName)."""
    return _too_long(value, SUBDOMAIN_LIMIT) or _shape(
        value, _SYSCTL, _("“%(value)s” is not a valid sysctl name: write it like “net.core.somaxconn”.")
    )


def ip_address(value: str) -> Problem | None:
    """IPv4 and IPv6 addresses, without a prefix length."""
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return _("“%(value)s” is not an IP address: write it like 10.0.0.1 or fd00::1."), {
            "value": shortened(value)
        }
    return None


_PARSED = re.compile(r"[+-]?[0-9]+")


def parse_int(text: str) -> int | None:
    """The number, None if it is not a 64-bit decimal integer (strconv.ParseInt of Go).

    None also for what is longer than a label value.
    """
    if len(text) > LABEL_LIMIT or not _PARSED.fullmatch(text):
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None


def decimal_integer(value: str) -> Problem | None:
    """Values of tolerations with the operators Lt and Gt (validateTolerations)."""
    if _INTEGER.fullmatch(value) and len(value) < 25 and -(2**63) <= int(value) < 2**63:
        return None
    return _("“%(value)s” is not a whole number: operators Lt and Gt compare whole numbers."), {
        "value": shortened(value)
    }


def relative_path(value: str) -> Problem | None:
    """Paths in a volume (validateLocalDescendingPath)."""
    if value.startswith("/"):
        return _("“%(value)s” must be a relative path: remove the leading “/”."), {"value": shortened(value)}
    return no_backsteps(value)


def app_armor_profile(value: str) -> Problem | None:
    """Names of AppArmor profiles of a node (ValidateAppArmorProfileField)."""
    if value.strip() != value:
        return _("“%(value)s” has spaces around it: remove them."), {"value": shortened(value)}
    return _too_long(value, _PROFILE_LIMIT)


def item_path(value: str) -> Problem | None:
    """Paths of files from a ConfigMap, Secret or the downward API (ValidateLocalNonReservedPath)."""
    if value.startswith("..") and not value.startswith("../") and value != "..":
        return _("“%(value)s” must not start with “..”."), {"value": shortened(value)}
    return relative_path(value)


def no_backsteps(value: str) -> Problem | None:
    """Paths without “..” (validatePathNoBacksteps)."""
    if ".." in value.split("/"):
        return _("“%(value)s” must not contain “..”."), {"value": shortened(value)}
    return None
