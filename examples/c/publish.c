/* Publishes readings with QoS 1 over MQTT 5, and keeps each until its receipt, which it prints.
 *
 *   printf 'temperature 21.5 Cel\nhumidity 40 %%\n' | ./publish
 *
 * Of the environment: MQTT_USER (client@tenant), MQTT_PASSWORD and MQTT_CLIENT_ID, as `membroker access add` gave them;
 * MQTT_HOST, MQTT_PORT and ENTITY, where they are others than below; MQTT_CA, a file, where the broker has TLS;
 * WAIT_S, how long to try. Exit code 1: something has no receipt. */
#include <inttypes.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "pack.h"

enum {
    READINGS_MAX = 256,        /* as many as one message may hold */
    PAYLOAD_BYTES_MAX = 65536, /* 256 readings with the longest names that we read */
    TOPIC_BYTES_MAX = 257,
    RESEND_S = 5, /* receipts share a flush to disk, and may wait a second for it */
    LOOP_MS = 200,
    KEEPALIVE_S = 30,
};

struct reading {
    uint64_t id;
    double value;
    char attribute[65], unit[33];
    bool settled;
};

static struct {
    struct reading readings[READINGS_MAX];
    size_t count, settled;
    char client[65], tenant[65];
    const char *entity;
    bool listens, refused;
} device;

static const char *from_environment(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    if (value == NULL && otherwise == NULL) {
        fprintf(stderr, "set %s; membroker access add prints what to set\n", name);
        exit(2);
    }
    return value == NULL ? otherwise : value;
}

static void topic(char *into, const char *verb, const char *entity) {
    snprintf(into, TOPIC_BYTES_MAX, "mem/v1/%s/%s/%s/%s", device.tenant, verb, device.client, entity);
}

/* An id is made once: what is sent again under the same is stored once. */
static uint64_t new_id(void) {
    uint64_t id;
    if (getrandom(&id, sizeof id, 0) != sizeof id) abort();
    return id >> 1;
}

static void read_readings(FILE *from) {
    char line[160];
    while (device.count < READINGS_MAX && fgets(line, sizeof line, from)) {
        struct reading *reading = &device.readings[device.count];
        if (sscanf(line, "%64s %lf %32s", reading->attribute, &reading->value, reading->unit) < 2) continue;
        reading->id = new_id();
        device.count++;
    }
}

/* All that have no receipt, in one message. */
static size_t pack_waiting(uint8_t *payload) {
    struct pack to = {.bytes = payload, .size = PAYLOAD_BYTES_MAX};
    pack_array(&to, (uint32_t)(device.count - device.settled));
    for (size_t n = 0; n < device.count; n++) {
        const struct reading *reading = &device.readings[n];
        if (reading->settled) continue;
        pack_map(&to, reading->unit[0] ? 4 : 3);
        pack_string(&to, "i"), pack_uint(&to, reading->id);
        pack_string(&to, "p"), pack_string(&to, reading->attribute);
        pack_string(&to, "v"), pack_double(&to, reading->value);
        if (reading->unit[0]) pack_string(&to, "u"), pack_string(&to, reading->unit);
    }
    return to.full ? 0 : to.used;
}

static void publish(struct mosquitto *mqtt) {
    static uint8_t payload[PAYLOAD_BYTES_MAX];
    char name[TOPIC_BYTES_MAX];
    topic(name, "obs", device.entity);
    mosquitto_publish_v5(mqtt, NULL, name, (int)pack_waiting(payload), payload, 1, false, NULL);
}

static void settle(uint64_t id, struct text status, struct text hint) {
    for (size_t n = 0; n < device.count; n++) {
        struct reading *reading = &device.readings[n];
        if (reading->id != id || reading->settled) continue;
        reading->settled = true;
        device.settled++;
        printf("%s %.*s %.*s\n", reading->attribute, (int)status.length, status.start, (int)hint.length, hint.start);
    }
}

static bool is(struct text text, const char *other) {
    return text.length == strlen(other) && memcmp(text.start, other, text.length) == 0;
}

/* A receipt: its id `i`, status `s`, and the hint `h` of a refused one, which never will be stored and is kept no longer. */
static void read_receipt(struct unpack *from) {
    uint64_t id = 0;
    struct text status = {"", 0}, hint = {"", 0};
    for (uint32_t left = unpack_map(from); left-- && !from->bad;) {
        struct text key = unpack_string(from);
        if (is(key, "i") && unpack_is_uint(from)) id = unpack_uint(from); /* another program's ids may be strings */
        else if (is(key, "s")) status = unpack_string(from);
        else if (is(key, "h")) hint = unpack_string(from);
        else unpack_skip(from);
    }
    if (!from->bad) settle(id, status, hint);
}

static void on_message(struct mosquitto *mqtt, void *of, const struct mosquitto_message *message,
                       const mosquitto_property *properties) {
    (void)mqtt, (void)of, (void)properties;
    struct unpack from = {.bytes = message->payload, .size = (size_t)message->payloadlen};
    for (uint32_t fields = unpack_map(&from); fields-- && !from.bad;) {
        if (!is(unpack_string(&from), "rs")) unpack_skip(&from);
        else
            for (uint32_t left = unpack_array(&from); left-- && !from.bad;) read_receipt(&from);
    }
}

static void on_connect(struct mosquitto *mqtt, void *of, int reason, int flags, const mosquitto_property *properties) {
    (void)of, (void)flags, (void)properties;
    char name[TOPIC_BYTES_MAX];
    if (reason >= 0x80) {
        fprintf(stderr, "the broker refuses us: %s; see membroker access show\n", mosquitto_reason_string(reason));
        device.refused = true;
        return;
    }
    topic(name, "receipt", "#");
    mosquitto_subscribe_v5(mqtt, NULL, name, 1, 0, NULL);
}

static void on_disconnect(struct mosquitto *mqtt, void *of, int reason, const mosquitto_property *properties) {
    (void)mqtt, (void)of, (void)reason, (void)properties;
    device.listens = false;
}

static void on_subscribe(struct mosquitto *mqtt, void *of, int id, int count, const int *granted,
                         const mosquitto_property *properties) {
    (void)mqtt, (void)of, (void)id, (void)count, (void)granted, (void)properties;
    device.listens = true;
}

/* PUBACK is no promise, but it may say that nobody took it: then it stays unsettled, and is sent again. */
static void on_publish(struct mosquitto *mqtt, void *of, int id, int reason, const mosquitto_property *properties) {
    (void)mqtt, (void)of, (void)id, (void)properties;
    if (reason != 0) fprintf(stderr, "not accepted: %s\n", mosquitto_reason_string(reason));
}

static struct mosquitto *connected(void) {
    struct mosquitto *mqtt = mosquitto_new(from_environment("MQTT_CLIENT_ID", NULL), true, NULL);
    if (mqtt == NULL) abort();
    mosquitto_int_option(mqtt, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    mosquitto_username_pw_set(mqtt, getenv("MQTT_USER"), from_environment("MQTT_PASSWORD", NULL));
    if (getenv("MQTT_CA")) mosquitto_tls_set(mqtt, getenv("MQTT_CA"), NULL, NULL, NULL, NULL);
    mosquitto_connect_v5_callback_set(mqtt, on_connect);
    mosquitto_disconnect_v5_callback_set(mqtt, on_disconnect);
    mosquitto_subscribe_v5_callback_set(mqtt, on_subscribe);
    mosquitto_publish_v5_callback_set(mqtt, on_publish);
    mosquitto_message_v5_callback_set(mqtt, on_message);
    const char *host = from_environment("MQTT_HOST", "127.0.0.1");
    int port = atoi(from_environment("MQTT_PORT", "11883"));
    int failed = mosquitto_connect(mqtt, host, port, KEEPALIVE_S);
    if (failed) fprintf(stderr, "%s:%d: %s; trying on\n", host, port, mosquitto_strerror(failed));
    return mqtt;
}

static time_t now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Until everything has its receipt, or the time is over. */
static void flush(struct mosquitto *mqtt, time_t end) {
    time_t again_at = 0;
    while (device.settled < device.count && now_s() < end && !device.refused) {
        if (mosquitto_loop(mqtt, LOOP_MS, 1) != MOSQ_ERR_SUCCESS && !device.refused) {
            again_at = 0;
            nanosleep(&(struct timespec){.tv_nsec = 1000L * 1000 * (long)(new_id() % 1000)}, NULL);
            mosquitto_reconnect(mqtt);
        } else if (device.listens && now_s() >= again_at) {
            publish(mqtt);
            again_at = now_s() + RESEND_S;
        }
    }
}

int main(void) {
    const char *user = from_environment("MQTT_USER", NULL);
    device.entity = from_environment("ENTITY", "kitchen");
    if (sscanf(user, "%64[^@]@%64s", device.client, device.tenant) != 2) {
        fprintf(stderr, "MQTT_USER: %s must be like sensor-1@home\n", user);
        return 2;
    }
    read_readings(stdin);
    mosquitto_lib_init();
    struct mosquitto *mqtt = connected();
    flush(mqtt, now_s() + atoi(from_environment("WAIT_S", "30")));
    mosquitto_disconnect(mqtt);
    mosquitto_destroy(mqtt);
    mosquitto_lib_cleanup();
    if (device.settled == device.count) return 0;
    fprintf(stderr, "%zu of %zu without a receipt\n", device.count - device.settled, device.count);
    return 1;
}
