// What the agent is told of its volume beside a tool's result, and bounds for the files in which pi keeps the output of noisy
// commands. No import but Node's own, as an agent's image holds nothing else.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { Writable } from "node:stream";
import { ask } from "./runner.mjs";

const LOG = /\/pi-(?:bash|output)-[^/]*\.log$/;
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_LOGS = 16;
const REST = Buffer.from(`\n[The rest of this output was not kept: a file of output holds ${MOST_BYTES >> 20} MiB.]\n`);

// A file of output that holds no more than it may, and that a full disk ends without an error: pi ends by itself at one that
// nobody hears, and waits for ever for the end of a stream that had one.
class OutputFile extends Writable {
  constructor(path, options) {
    super();
    this.path = path;
    this.bytes = 0;
    this.file = undefined;
    try {
      this.file = fs.openSync(path, options?.flags ?? "w", options?.mode);
    } catch {
      this.bytes = MOST_BYTES; // nothing is kept of this one
    }
  }

  _write(chunk, _encoding, done) {
    if (this.file === undefined) return done();
    this.bytes += chunk.length;
    const kept = this.bytes <= MOST_BYTES ? chunk : REST;
    fs.writev(this.file, [kept], (error) => {
      if (error || kept === REST) this.shut();
      done();
    });
  }

  _final(done) {
    this.shut();
    done();
  }

  _destroy(error, done) {
    this.shut();
    done(error);
  }

  shut() {
    const file = this.file;
    this.file = undefined;
    if (file !== undefined) fs.close(file, () => {});
  }
}

// pi keeps all that a command writes, and never deletes it.
function boundLogs() {
  const create = fs.createWriteStream;
  const kept = [];
  fs.createWriteStream = (path, options) => {
    if (typeof path !== "string" || !LOG.test(path)) return create(path, options);
    kept.push(path);
    if (kept.length > MOST_LOGS) fs.rm(kept.shift(), { force: true }, () => {});
    return new OutputFile(path, options);
  };
  syncBuiltinESMExports();
}

export default function (pi) {
  boundLogs();
  pi.on("tool_result", async (event, ctx) => {
    let note;
    try {
      ({ note } = await ask({ tool: "after_tool" }, ctx.signal, () => {}));
    } catch {
      return undefined; // the result is the agent's, whatever becomes of what would be said beside it
    }
    return note ? { content: [...event.content, { type: "text", text: note }] } : undefined;
  });
}
