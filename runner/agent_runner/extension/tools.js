// The tools `spawn_subagent` and `send_file`. They know nothing of clusters or chats: the runner beside pi does the work,
// over a unix socket, one line of JSON each way at a time. No import but Node's own, as an agent's image holds nothing else.
import net from "node:net";

const spawnDescription = `Start a sub-agent: another agent in a pod of its own, with a fresh conversation, that works on one \
task and answers once. It begins with a copy of your workspace as it is now (workspace "Copy", the default) or with an \
empty one ("Empty"); what it writes there stays there, so ask for what you need in its answer. It knows nothing but the \
task's text: put every name, path and rule it needs in there. Several calls in one message run in parallel.`;

const sendDescription = `Send a file to the person in the chat: a report, a picture, a patch, an archive. A picture is shown \
as one. The file must be in your workspace or in /tmp and may have 50 MB. What a person sends you is in the folder inbox/.`;

function ask(request, signal, onProgress) {
  return new Promise((resolve, reject) => {
    const socket = net.createConnection(process.env.AGENT_RUNNER_SOCKET);
    let text = "";
    let answer;
    const stop = () => socket.destroy(new Error("Cancelled."));
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(JSON.stringify(request) + "\n"));
    socket.on("data", (data) => {
      text += data;
      const lines = text.split("\n");
      text = lines.pop();
      for (const line of lines) {
        const said = JSON.parse(line);
        if (said.progress === undefined) answer = said;
        else onProgress(said.progress);
      }
    });
    socket.on("error", reject);
    socket.on("close", () => {
      signal?.removeEventListener("abort", stop);
      if (answer === undefined) reject(new Error("The runner ended before this was done."));
      else if (answer.error !== undefined) reject(new Error(answer.error));
      else resolve(answer);
    });
  });
}

export default function (pi) {
  pi.registerTool({
    name: "spawn_subagent",
    label: "Sub-agent",
    description: spawnDescription,
    promptSnippet: "Give a self-contained task to a sub-agent in a pod of its own and get its answer",
    parameters: {
      type: "object",
      required: ["task"],
      additionalProperties: false,
      properties: {
        task: { type: "string", minLength: 1, maxLength: 8192, description: "The whole task, in words" },
        timeout: { type: "integer", minimum: 1, maximum: 86400, description: "Seconds it may take (default 600)" },
        workspace: { type: "string", enum: ["Copy", "Empty"], description: "The files that it begins with" },
      },
    },
    async execute(_toolCallId, params, signal, onUpdate) {
      const show = (progress) => onUpdate?.({ content: [{ type: "text", text: progress }], details: {} });
      const answer = await ask({ tool: "spawn_subagent", ...params }, signal, show);
      const { input = 0, output = 0, cached = 0 } = answer.usage ?? {};
      return {
        content: [{ type: "text", text: answer.text }],
        // by these the gateway knows from the session's own line that the answer has arrived
        details: { subagent: { callId: answer.callId, name: answer.name } },
        usage: {
          input,
          output,
          cacheRead: cached,
          cacheWrite: 0,
          totalTokens: input + output + cached,
          cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
        },
      };
    },
  });
  pi.registerTool({
    name: "send_file",
    label: "File",
    description: sendDescription,
    promptSnippet: "Send a file of the workspace to the person in the chat",
    parameters: {
      type: "object",
      required: ["path"],
      additionalProperties: false,
      properties: {
        path: { type: "string", minLength: 1, maxLength: 4096, description: "Of the file, from the workspace on" },
        caption: { type: "string", maxLength: 1024, description: "What to say of it" },
      },
    },
    async execute(_toolCallId, params, signal) {
      const answer = await ask({ tool: "send_file", ...params }, signal, () => {});
      return { content: [{ type: "text", text: answer.text }], details: {} };
    },
  });
}
