// A board: the real MicroPython with the files of a folder on its flash, which are there again after it ran.
//   node board.mjs FOLDER
import fs from "node:fs";
import path from "node:path";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";
import { wire } from "./wire.mjs";

const folder = process.argv[2];
const network = wire();
const board = await loadMicroPython({ stdout: (line) => console.log(line) });
board.registerJsModule("_wire", network);
board.FS.mkdir("/flash");
board.FS.mkdirTree("/lib/umqtt");
board.FS.chdir("/flash");
const copy = (from, to) => board.FS.writeFile(to, fs.readFileSync(from));
copy(new URL("usocket.py", import.meta.url), "/lib/usocket.py");
for (const name of fs.readdirSync(folder, { recursive: true })) {
  const from = path.join(folder, name);
  if (fs.statSync(from).isFile()) copy(from, name.startsWith("lib/") ? `/${name}` : `/flash/${name}`);
}
let code = 0;
try {
  board.runPython(fs.readFileSync(path.join(folder, "main.py"), "utf8"));
} catch (error) {
  console.error(error.message);
  code = 1;
}
for (const name of board.FS.readdir("/flash").filter((each) => each.endsWith(".json"))) {
  fs.writeFileSync(path.join(folder, name), board.FS.readFile(`/flash/${name}`));
}
await network.end();
process.exitCode = code;
