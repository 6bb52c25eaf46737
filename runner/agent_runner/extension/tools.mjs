// The tools `spawn_subagent`, `send_file` and `ask_person`, and the question before each tool call whether it may run. They
// know nothing of clusters or chats: the runner beside pi does the work, over a unix socket, one line of JSON each way at a
// time. No import but Node's own, as an agent's image holds nothing else.
import { ask } from "./runner.mjs";

const spawnDescription = `Start a sub-agent: another agent in a pod of its own, with a fresh conversation, that works on one \
task and answers once. It begins with a copy of your workspace as it is now (workspace "Copy", the default) or with an \
empty one ("Empty"); what it writes there stays there, so ask for what you need in its answer. It knows nothing but the \
task's text: put every name, path and rule it needs in there. Several calls in one message run in parallel.`;

const sendDescription = `Send a file to the person in the chat: a report, a picture, a patch, an archive. A picture is shown \
as one. The file must be in your workspace or in /tmp and may have 50 MB. What a person sends you is in the folder inbox/.`;

const askDescription = `Ask the person in the chat one question and wait for the answer. Use it only when you cannot go \
on without it: a choice that is theirs, something that only they know, a step that cannot be undone. Give options when there \
are few sensible answers; the person may still write their own.`;

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
  pi.registerTool({
    name: "ask_person",
    label: "Question",
    description: askDescription,
    promptSnippet: "Ask the person in the chat a question that you need answered before you can go on",
    parameters: {
      type: "object",
      required: ["question"],
      additionalProperties: false,
      properties: {
        question: { type: "string", minLength: 1, maxLength: 2000, description: "The question, complete in itself" },
        options: {
          type: "array",
          maxItems: 8,
          items: { type: "string", minLength: 1, maxLength: 60 },
          description: "Answers to choose from",
        },
      },
    },
    executionMode: "sequential",
    async execute(_toolCallId, params, signal) {
      const answer = await ask({ tool: "ask_person", ...params }, signal, () => {});
      return { content: [{ type: "text", text: answer.text }], details: {} };
    },
  });

  // No error passes as a yes: a hook that throws blocks the call, and so does an answer that is none.
  pi.on("tool_call", async (event, ctx) => {
    // what a rule is held against, and no more: a file's new contents may have megabytes
    const key = event.toolName === "bash" ? "command" : "path";
    const value = event.input?.[key];
    const whole = typeof value !== "string" || event.toolName.startsWith("mcp__");
    const input = whole ? event.input : { [key]: value };
    const verdict = await ask({ tool: "may_run", name: event.toolName, input }, ctx.signal, () => {});
    if (verdict.run === true) return undefined;
    return { block: true, reason: verdict.reason ?? "Nobody said that this may run. It was not run." };
  });
}
