// Fills Node's compile cache with all that a first answer loads: starts pi, asks its state, and lets it answer one prompt
// of a model that this script plays. Run as the uid that will run pi, as the cache is kept by uid: warm.mjs PI-CLI EXTENSION…
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [cli, ...extensions] = process.argv.slice(2);
const model = http.createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const chunk = (delta, finish) =>
      response.write(`data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "m",
        choices: [{ index: 0, delta, finish_reason: finish ?? null }] })}\n\n`);
    chunk({ role: "assistant", content: "warm" });
    chunk({}, "stop");
    response.end("data: [DONE]\n\n");
  });
});

model.listen(0, "127.0.0.1", () => {
  const folder = mkdtempSync(join(tmpdir(), "warm-"));
  const baseUrl = `http://127.0.0.1:${model.address().port}/v1`;
  writeFileSync(join(folder, "models.json"), JSON.stringify({ providers: { warm: {
    baseUrl, api: "openai-completions", apiKey: "!echo none",
    models: [{ id: "m", name: "m", reasoning: false, input: ["text"], contextWindow: 100000, maxTokens: 1000,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 } }] } } }));
  writeFileSync(join(folder, "token"), "none");
  const flags = ["--mode", "rpc", "--model", "warm/m", "--session", join(folder, "s.jsonl"), "--no-approve", "--no-mcp",
    "--no-themes", ...extensions.flatMap((path) => ["-e", path])];
  const pi = spawn(process.execPath, [cli, ...flags], {
    cwd: folder, stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, HOME: folder, PI_CODING_AGENT_DIR: folder, PI_OFFLINE: "1", PI_TELEMETRY: "0", AGENT_TOKEN_FILE: join(folder, "token") } });
  const timer = setTimeout(() => { console.error("pi did not answer in a minute"); process.exit(1); }, 60000);
  pi.stdout.on("data", (data) => {
    if (!String(data).includes('"agent_settled"')) return;
    clearTimeout(timer);
    pi.stdin.end();
  });
  pi.on("exit", (code) => process.exit(code ?? 1));
  pi.stdin.write('{"id":"1","type":"get_state"}\n{"id":"2","type":"prompt","message":"warm"}\n');
});
