"""The icons of the console: 24 × 24, drawn with strokes in the colour of the text."""

from __future__ import annotations

# name → `path` data
ICONS: dict[str, str] = {
    "account": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20c1.5-3.5 4.5-5 8-5s6.5 1.5 8 5",
    "add": "M12 5v14M5 12h14",
    "back": "M15 5l-7 7 7 7",
    "braces": "M9 4c-3 0-3 2-3 4s0 4-3 4c3 0 3 2 3 4s0 4 3 4M15 4c3 0 3 2 3 4s0 4 3 4c-3 0-3 2-3 4s0 4-3 4",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "cluster": "M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12v9M12 12L4 7.5",
    "configmap": "M5 4h14v16H5zM9 9h6M9 13h6M9 17h3",
    "coverage": "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
    "copy": "M9 9h11v11H9zM5 15H4V4h11v1",
    "daemonset": "M4.5 4h15A1.5 1.5 0 0 1 21 5.5v3A1.5 1.5 0 0 1 19.5 10h-15A1.5 1.5 0 0 1 3 8.5v-3A1.5 "
    "1.5 0 0 1 4.5 4zM4.5 14h15a1.5 1.5 0 0 1 1.5 1.5v3a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 "
    "18.5v-3A1.5 1.5 0 0 1 4.5 14zM7 7h.01M7 17h.01M12 10v4",
    "down": "M6 9l6 6 6-6",
    "download": "M12 4v11M7 10.5l5 5 5-5M5 20h14",
    "draft": "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h4",
    "edit": "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
    "error": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9 9l6 6M15 9l-6 6",
    "help": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.8h.01",
    "history": "M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 4v4.5h4.5M12 8v4.5l3 2",
    "language": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
    "limits": "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
    "more": "M6 12h.01M12 12h.01M18 12h.01",
    "node": "M4 5h16v10H4zM9 19h6M12 15v4",
    "project": "M3 6h7l2 2h9v11H3z",
    "quota": "M4 17a8 8 0 1 1 16 0M12 17l4-5M4 20h16",
    "search": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L20 20",
    "secret": "M8 11V8a4 4 0 0 1 8 0v3M5 11h14v9H5zM12 15v2",
    "service-account": "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 19c1-3 3-4.5 6-4.5"
    "M15.5 13.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM18 16h4M20.5 16v2.5",
    "sign-out": "M14 4H5v16h9M10 12h11M17 8l4 4-4 4",
    "theme": "M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5z",
    "trash": "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5.5M13.5 11v5.5",
    "up": "M6 15l6-6 6 6",
    "upload": "M12 16V5M7 9.5l5-5 5 5M5 20h14",
    "volume": "M12 4c4.5 0 8 1.3 8 3s-3.5 3-8 3-8-1.3-8-3 3.5-3 8-3zM4 7v10c0 1.7 3.5 3 8 3s8-1.3 8-3V7"
    "M4 12c0 1.7 3.5 3 8 3s8-1.3 8-3",
    "warning": "M12 4l9 16H3zM12 10v5M12 17.5h.01",
}
