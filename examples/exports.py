#!/usr/bin/env python3
"""Turns what `membroker access add … --json` prints into the variables that the examples read.

Example:  eval "$(membroker access add phone@home --kind kiosk --entity kitchen --json | examples/exports.py)"
"""

import json
import shlex
import sys
from urllib.parse import urlsplit

made = json.load(sys.stdin)
broker = urlsplit(made["url"])
variables = {
    "MQTT_HOST": broker.hostname,
    "MQTT_PORT": broker.port or (8883 if broker.scheme == "mqtts" else 1883),
    "MQTT_USER": made["account"],
    "MQTT_PASSWORD": made["password"],
    "MQTT_CLIENT_ID": made["client_id"],
}
print("\n".join(f"export {name}={shlex.quote(str(value))}" for name, value in variables.items()))
