#!/bin/sh
# Tells the memory something, and asks it: with a shell and Mosquitto's own clients (2.0 or newer), and nothing else.
#
#   ./observe-and-ask.sh "Ana put the spare key into the blue drawer" "where is the spare key?"
#
# Of the environment: MQTT_USER (client@tenant), MQTT_PASSWORD and MQTT_CLIENT_ID, as `membroker access add` gave them;
# MQTT_HOST, MQTT_PORT and ENTITY, where they are others than below; MQTT_CA, a file, where the broker has TLS.
set -eu

host=${MQTT_HOST:-127.0.0.1}
port=${MQTT_PORT:-11883}
entity=${ENTITY:-kitchen}
receipt_wait_s=10
tries=3

# Who we are is said by the topic, where the broker can check it: mem/v1/TENANT/VERB/CLIENT/ENTITY.
client=${MQTT_USER%@*}
tenant=${MQTT_USER#*@}
topic() { echo "mem/v1/$tenant/$1/$client/$entity"; }

# A program of Mosquitto's, as our account. An account is bound to one client id, hence -i. Whoever may list this machine's
# processes sees -P: where others share it, write these options into ~/.config/mosquitto_pub and ~/.config/mosquitto_rr.
as_us() {
  program=$1
  shift
  "$program" -h "$host" -p "$port" -u "$MQTT_USER" -P "$MQTT_PASSWORD" -i "$MQTT_CLIENT_ID" \
    ${MQTT_CA:+--cafile "$MQTT_CA"} -V 5 -q 1 "$@"
}

# A string of JSON: quotes and backslashes escaped, line ends and tabs made spaces.
quoted() { printf '"%s"' "$(printf '%s' "$1" | tr '\n\t' '  ' | sed 's/[\\"]/\\&/g')"; }

# 1. What must not be lost: mosquitto_rr publishes, and waits for the receipt on our receipt topic. With no receipt
#    the same is sent again under the same id, which is always harmless: the memory keeps it once.
observe() {
  id="$(date +%s)-$$"
  observation="{\"id\": \"$id\", \"text\": $(quoted "$1")}"
  n=0
  while [ "$n" -lt "$tries" ]; do
    n=$((n + 1))
    receipt=$(as_us mosquitto_rr -t "$(topic obs)" -e "$(topic receipt)" -W "$receipt_wait_s" -m "$observation") || continue
    case $receipt in
      *"\"$id\""*) echo "$receipt"; return ;; # or it is the late receipt of something else
    esac
  done
  echo "no receipt for $id after $tries tries; is ingest running? membroker status" >&2
  return 1
}

# 2. What may be lost, since a newer one follows: mosquitto_pub publishes, and nobody waits.
report() {
  as_us mosquitto_pub -t "$(topic obs)" -m "{\"attribute\": \"uptime\", \"value\": $1, \"unit\": \"s\"}"
}

# 3. A question: MQTT 5's response topic (-e) is our own reply topic; the memory answers nowhere else.
ask() {
  as_us mosquitto_rr -t "$(topic query)" -e "$(topic reply)" -W "$receipt_wait_s" -m "{\"id\": \"1\", \"text\": $(quoted "$1")}"
}

observe "$1"
report "$(cut -d ' ' -f 1 /proc/uptime)"
ask "$2"
