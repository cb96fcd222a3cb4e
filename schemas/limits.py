"""Every limit of wire contract v1, named once, with its unit. `docs/wire.md` prints them from here."""

LEVEL_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
"""What one topic level of a tenant, client or entity may be."""

TOPIC_BYTES_MAX = 256
ENTITY_LEVELS_MAX = 8

MESSAGE_BYTES_MAX = 256 * 1024
"""A whole payload, observation batch or request."""
OBSERVATIONS_PER_MESSAGE_MAX = 256

ID_CHARACTERS_MAX = 64
TEXT_BYTES_MAX = 8192
VALUE_CHARACTERS_MAX = 256
UNIT_CHARACTERS_MAX = 32
ATTRIBUTE_CHARACTERS_MAX = 64
TAGS_MAX = 16
META_BYTES_MAX = 2048
META_DEPTH_MAX = 8
"""Maps and lists inside `meta`: deeper than anybody means, and shallow enough for every store."""
INTEGER_MIN = -(2**63)
INTEGER_MAX = 2**63 - 1
"""Beyond a signed 64-bit integer, stores silently turn numbers into floats; so such numbers are refused."""

AT_AHEAD_S_MAX = 86_400.0
"""An observation's clock may be a day ahead of ours: time zones set wrong, not centuries."""

ZONE_PATTERN = r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}$"
"""A time zone's IANA name; whether there is such a zone, the service knows."""

STREAM_TEXT_BYTES_MAX = 256

LIMIT_DEFAULT = 10
LIMIT_MAX = 100
LISTED_MAX = 256
"""Entries of any list in a request: ids to get, kinds, tags, devices, sessions, attributes."""
BUDGET_TOKENS_DEFAULT = 512
BUDGET_TOKENS_MAX = 32_768
DEADLINE_MS_DEFAULT = 10_000
DEADLINE_MS_MAX = 600_000
QUERIES_IN_FLIGHT_MAX = 64
"""For each client; the next one is answered 429."""
