// Shows the pod's token to the gateway with each model call: from its file, as the kubelet replaces it while pi lives. As a key
// that pi has to ask a command for, each call would wait for a shell. Every provider of `models.json` is the gateway.
import fs from "node:fs";

const FILE = process.env.AGENT_TOKEN_FILE;

export default function (pi) {
  pi.on("before_provider_headers", (event) => {
    event.headers.Authorization = `Bearer ${fs.readFileSync(FILE, "utf8").trim()}`;
  });
}
