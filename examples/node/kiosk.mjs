// A kiosk: knows what its retained digest says before it asks, and for each line that it is told observes it, or, if it
// ends with a question mark, asks it. `fact:` and `preference:` before a line say what kind of thing it is. What comes back
// is printed as JSON, a line each, under the short keys that msgpack has on the wire (docs/wire.md).
//
//   printf '%s\n' 'fact: Ana is allergic to peanuts' 'what must Ana not eat?' | node kiosk.mjs
//
// Of the environment: MQTT_USER (client@tenant), MQTT_PASSWORD and MQTT_CLIENT_ID, as `membroker access add` gave them;
// MQTT_HOST, MQTT_PORT and ENTITY, where they are others than below; MQTT_CA, a file, where the broker has TLS.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { decode, encode } from "@msgpack/msgpack";
import mqtt from "mqtt";

const RECEIPT_MS_MAX = 5_000; // then it is sent again
const TRIES_MAX = 4;
const DEADLINE_MS = 5_000; // of a question

const { MQTT_HOST = "127.0.0.1", MQTT_PORT = 11883, ENTITY = "kitchen", MQTT_USER, MQTT_CA } = process.env;
const [client, tenant] = MQTT_USER.split("@");
const topic = (verb) => `mem/v1/${tenant}/${verb}/${client}/${ENTITY}`;
const digests = `mem/v1/${tenant}/summary/latest/`;
const print = (what, told) => console.log(JSON.stringify({ [what]: told }));

// Who waits for what: by an observation's id or a question's. Both are kept until they are answered.
const awaited = new Map();

function heard(name, payload) {
  if (payload[0] === "{".charCodeAt(0)) return; // of another program with our account, which spoke JSON
  if (name.startsWith(digests)) {
    // An empty one takes back what was retained: what it told is forgotten.
    print("digest", payload.length ? { entity: name.slice(digests.length), ...decode(payload) } : null);
  } else if (name === topic("receipt")) {
    for (const receipt of decode(payload).rs) awaited.get(receipt.i)?.(receipt);
  } else {
    const answer = decode(payload);
    awaited.get(answer.i)?.(answer);
  }
}

// The answer to what is published under the id, or null if there is none in time.
function published(id, name, message, waitMs, properties = {}) {
  return new Promise((resolve) => {
    const giveUp = setTimeout(() => resolve(null), waitMs);
    awaited.set(id, (answer) => (clearTimeout(giveUp), resolve(answer)));
    broker.publish(name, encode(message), { qos: 1, properties });
  }).finally(() => awaited.delete(id));
}

// PUBACK is no promise: only the receipt is. To send again, under the same id, is always harmless.
async function observe(line) {
  const id = randomUUID();
  const [, kind, text] = line.match(/^(?:(fact|preference): *)?(.*)/);
  const observation = { i: id, t: text, a: Date.now() / 1000, ...(kind && { k: kind }) };
  for (let n = 0; n < TRIES_MAX; n++) {
    const receipt = await published(id, topic("obs"), observation, RECEIPT_MS_MAX);
    if (receipt) return print("receipt", receipt);
  }
  print("lost", { id, text }); // a kiosk that must not lose it keeps it on disk: see edge.AsyncDevice
  process.exitCode = 1;
}

async function ask(text) {
  const id = randomUUID();
  const properties = { responseTopic: topic("reply"), messageExpiryInterval: DEADLINE_MS / 1000 };
  const question = { i: id, q: text, n: 3, d: DEADLINE_MS };
  print("answer", await published(id, topic("query"), question, DEADLINE_MS, properties));
}

const broker = mqtt.connect({
  protocol: MQTT_CA ? "mqtts" : "mqtt",
  ca: MQTT_CA && readFileSync(MQTT_CA),
  host: MQTT_HOST,
  port: Number(MQTT_PORT),
  username: MQTT_USER,
  password: process.env.MQTT_PASSWORD,
  clientId: process.env.MQTT_CLIENT_ID,
  protocolVersion: 5,
});
broker.on("message", heard);
let ending = false;
broker.on("error", (error) => {
  if (ending) return; // an acknowledgement that had no time left
  console.error(`the broker at ${MQTT_HOST}:${MQTT_PORT}: ${error.message}`);
  // A number is the broker's own refusal, which trying again would not change. All else MQTT.js tries again.
  if (typeof error.code === "number") process.exit(1);
});
await new Promise((connected) => broker.once("connect", connected));
await broker.subscribeAsync([topic("receipt"), topic("reply"), `${digests}${ENTITY}`], { qos: 1 });
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim()) await (line.trim().endsWith("?") ? ask(line) : observe(line));
}
ending = true;
await broker.endAsync();
