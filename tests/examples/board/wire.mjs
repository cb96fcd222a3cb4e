// TCP for a program that cannot wait for promises: a worker has the sockets, and whoever reads stands still until it tells.
// MicroPython's WebAssembly port has no sockets of its own; a board's `socket` is made of four of these calls (usocket.py).
import { MessageChannel, Worker, isMainThread, receiveMessageOnPort, workerData } from "node:worker_threads";
import net from "node:net";

function serve({ port, told }) {
  const sockets = new Map();
  const tell = (message) => {
    port.postMessage(message);
    Atomics.add(told, 0, 1);
    Atomics.notify(told, 0);
  };
  port.on("message", ({ id, connect, write, close }) => {
    if (connect) {
      const socket = net.connect(connect, () => tell({ id, up: true }));
      socket.setNoDelay(true);
      socket.on("data", (data) => tell({ id, data: data.toString("hex") }));
      socket.on("error", () => {}); // "close" follows
      socket.on("close", () => tell({ id, ended: true }));
      sockets.set(id, socket);
    } else if (write !== undefined) sockets.get(id).write(Buffer.from(write, "hex"));
    else if (close) sockets.get(id).destroy();
  });
}

export function wire() {
  const { port1, port2 } = new MessageChannel();
  const told = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL(import.meta.url), { workerData: { port: port2, told }, transferList: [port2] });
  worker.unref();
  const sockets = [];

  function take() {
    for (let got; (got = receiveMessageOnPort(port1)); ) {
      const { id, data, ...news } = got.message;
      Object.assign(sockets[id], news);
      if (data) sockets[id].buffer += data;
    }
  }

  // Until the condition holds; without waiting, once.
  function until(holds, wait) {
    for (;;) {
      const seen = Atomics.load(told, 0);
      take();
      if (holds() || !wait) return;
      Atomics.wait(told, 0, seen);
    }
  }

  return {
    connect(host, port) {
      const id = sockets.push({ buffer: "" }) - 1;
      port1.postMessage({ id, connect: { host, port } });
      until(() => sockets[id].up || sockets[id].ended, true);
      return sockets[id].up ? id : -1;
    },
    write(id, hex) {
      take();
      if (sockets[id].ended) return false;
      port1.postMessage({ id, write: hex });
      return true;
    },
    // As hex: `count` bytes, or fewer where it has ended; without waiting, null where there are none.
    read(id, count, wait) {
      const socket = sockets[id];
      until(() => socket.buffer.length >= 2 * count || socket.ended, wait);
      if (!socket.buffer && !socket.ended) return null;
      const bytes = socket.buffer.slice(0, 2 * count);
      socket.buffer = socket.buffer.slice(2 * count);
      return bytes;
    },
    close(id) {
      port1.postMessage({ id, close: true });
    },
    end: () => worker.terminate(),
  };
}

if (!isMainThread) serve(workerData);
