"""Everything MQTT: topics, codec, session, inbox, requests, presence, the broker itself and its accounts."""
