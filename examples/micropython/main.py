"""A sensor with MicroPython: it observes, and asks, by MQTT 3.1.1 and JSON: topic and payload, nothing else.

What it observes is in a file until the memory's receipt; it is sent again after a while, and after a restart.
The answer to a question is found by its `id`.

Copy it, config.json and umqtt.simple (`mpremote mip install umqtt.simple`) to the board; its network is for
boot.py to connect. umqtt.simple waits for ever on a line that has died without a word: for years of running,
have a watchdog, too (machine.WDT).
"""

import gc
import json
import os
import random
import time

from umqtt.simple import MQTTClient

CONFIG = "config.json"
OUTBOX = "outbox.json"
WAITING_MAX = 64  # observations: some 8 KB of flash and of RAM
BATCH_MAX = 8  # observations in a message: about 1 KB
RESEND_MS = 5000  # receipts share a flush to disk, and may wait a second for it
RETRY_MS_MAX = 4000
POLL_MS = 20


def read_sensor():
    """Put your sensor here. Until then, a reading that every board has: its free memory."""
    gc.collect()
    return {"attribute": "free_memory", "value": gc.mem_free(), "unit": "By"}


def saved(path, otherwise):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):  # not there yet
        return otherwise


class Memory:
    def __init__(self, config):
        client, tenant = config["user"].split("@")
        self.mine = "mem/v1/%s/%%s/%s/" % (tenant, client)
        self.entity = config["entity"]
        self.waiting = saved(OUTBOX, [])
        self.dropped = 0
        self.answers = {}
        # Unique by the chance of each boot. With no clock there is no `at`: the time of receipt is taken.
        self.boot = "%08x%08x" % (random.getrandbits(32), random.getrandbits(32))
        self.made = 0
        self.mqtt = MQTTClient(
            config["client_id"],
            config["host"],
            config["port"],
            config["user"],
            config["password"],
            ssl=config.get("ssl", False),
            ssl_params=config.get("ssl_params", {}),
        )
        self.mqtt.set_callback(self.heard)

    def connect(self):
        self.mqtt.connect()
        for verb in ("receipt", "reply"):
            self.mqtt.subscribe((self.mine % verb + "#").encode(), 1)

    def next_id(self):
        self.made += 1
        return "%s-%d" % (self.boot, self.made)

    def observe(self, **fields):
        """On flash when it returns. Past the bound the oldest goes, and is counted."""
        fields["id"] = self.next_id()
        self.waiting.append(fields)
        if len(self.waiting) > WAITING_MAX:
            self.waiting.pop(0)
            self.dropped += 1
        self.save()

    def flush(self, wait_ms):
        """Sends until everything has its receipt; False if the time is over before."""
        start = time.ticks_ms()
        sent = None
        while self.waiting and time.ticks_diff(time.ticks_ms(), start) < wait_ms:
            if sent is None or time.ticks_diff(time.ticks_ms(), sent) >= RESEND_MS:
                self.send()
                sent = time.ticks_ms()
            self.mqtt.check_msg()
            time.sleep_ms(POLL_MS)
        return not self.waiting

    def ask(self, text, wait_ms):
        """The answer, or None: without one in time the board goes on with what it knows."""
        made = self.next_id()
        request = {"id": made, "text": text, "limit": 3, "max_bytes": 1024, "deadline_ms": wait_ms}
        self.answers.clear()
        self.mqtt.publish((self.mine % "query" + self.entity).encode(), json.dumps(request).encode(), qos=1)
        start = time.ticks_ms()
        while made not in self.answers and time.ticks_diff(time.ticks_ms(), start) < wait_ms:
            self.mqtt.check_msg()
            time.sleep_ms(POLL_MS)
        return self.answers.pop(made, None)

    def send(self):
        topic = (self.mine % "obs" + self.entity).encode()
        waiting = list(self.waiting)  # publish() calls heard(), which changes it
        for at in range(0, len(waiting), BATCH_MAX):
            self.mqtt.publish(topic, json.dumps(waiting[at : at + BATCH_MAX]).encode(), qos=1)

    def heard(self, topic, msg):
        """Is called from within check_msg() and publish(): so it notes, and does nothing else."""
        if msg[:1] != b"{":
            return  # of another program with our account, which spoke msgpack
        told = json.loads(msg)
        if topic.startswith((self.mine % "reply").encode()):
            self.answers[told.get("id")] = told
            return
        for receipt in told["receipts"]:
            # A refused one never will be stored: its receipt says what to change, and it is kept no longer.
            print("receipt", receipt.get("id"), receipt["status"], receipt.get("hint", ""))
        done = [receipt.get("id") for receipt in told["receipts"]]
        self.waiting = [each for each in self.waiting if each["id"] not in done]
        self.save()

    def save(self):
        """Whole or not at all: on littlefs a power cut leaves the old file or the new one."""
        with open(OUTBOX + ".new", "w") as file:
            json.dump(self.waiting, file)
        os.rename(OUTBOX + ".new", OUTBOX)


def run(config):
    """Reads the sensor every so often, for ever; or `rounds` times, where the configuration says so."""
    memory = Memory(config)
    wait_ms = config.get("wait_ms", 20000)
    every_ms = config.get("every_ms", 60000)
    rounds = config.get("rounds", 0)
    done = 0
    connected = False
    while not rounds or done < rounds:
        memory.observe(**read_sensor())
        done += 1
        try:
            if not connected:
                memory.connect()
                connected = True
            if memory.flush(wait_ms) and "question" in config:
                print("answer", json.dumps(memory.ask(config["question"], wait_ms)))
        except (OSError, IndexError) as away:  # either, from umqtt.simple; what waits is on flash
            print("away", away)
            connected = False
            # By chance, so that not all boards of a house come back in one instant.
            time.sleep_ms(random.getrandbits(16) % min(RETRY_MS_MAX, every_ms))
        if not rounds or done < rounds:
            time.sleep_ms(every_ms)
    print("waiting", len(memory.waiting), "dropped", memory.dropped)


with open(CONFIG) as file:
    run(json.load(file))
