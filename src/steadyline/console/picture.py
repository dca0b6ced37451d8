"""The picture of the system, laid out from `CONNECTIONS` alone: which box stands where, which arrow runs from whom to whom."""

from collections.abc import Iterable, Mapping
from typing import Any

from steadyline.connections.connection import Connection


def picture(connections: Iterable[Connection], services: Mapping[str, str]) -> dict[str, Any]:
    """Boxes and arrows for the Line page, as JSON has them.

    The line is the listener of the lowest number. A box's column is its distance from there, and boxes of one column
    stand in the order in which the table first names them: what the caller says runs along the top, what they hear below.

    Args:
        connections: the table.
        services: roles to names of services; a connection whose role is not there (a standby that is not configured)
            is left out.
    """
    present = [one for one in connections if one.dialer in services and one.listener in services]
    columns = _distances(present)
    rows: dict[int, list[str]] = {}
    for role in columns:
        rows.setdefault(columns[role], []).append(role)
    return {
        "boxes": [
            {"role": role, "service": services[role], "column": column, "row": rows[column].index(role)}
            for role, column in columns.items()
        ],
        "arrows": [
            {
                "name": one.name,
                "number": one.number,
                "from": one.dialer,
                "to": one.listener,
                "transport": one.transport,
                "payload": one.payload,
            }
            for one in present
        ],
    }


def _distances(connections: list[Connection]) -> dict[str, int]:
    """Roles to their distance from the line, in the order in which the table names them; whoever is cut off stands last."""
    names = list(dict.fromkeys(role for one in connections for role in (one.listener, one.dialer)))
    if not names:
        return {}
    distances = {min(connections, key=lambda one: one.number).listener: 0}
    frontier = list(distances)
    while frontier:
        nearest = frontier.pop(0)
        for one in connections:
            for here, there in ((one.dialer, one.listener), (one.listener, one.dialer)):
                if here == nearest and there not in distances:
                    distances[there] = distances[nearest] + 1
                    frontier.append(there)
    last = max(distances.values()) + 1
    return {role: distances.get(role, last) for role in names}
