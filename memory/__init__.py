"""Everything remembered, and nothing MQTT: rules, ports, and their adapters."""

import os

# onnxruntime queues usage records (programs, processor, errors) below ~/.cache/Microsoft from its import
# on. A memory of homes tells nobody; whoever wants it otherwise can say so in the environment.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
