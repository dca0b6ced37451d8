"""The async shell around the wire protocol: networks, links that heal, listeners that fence, beacons that poll."""
