// Goes on with the next model where the gateway says that the one that was asked is away or limited, and begins each prompt
// with the first one again. `AGENT_MODELS` lists them as {provider, model}. No import; told to the runner as a status, which
// nobody shows: `openclaw.fallback`.
const NEXT = "[next model]";
const models = JSON.parse(process.env.AGENT_MODELS ?? "[]");
const isAnswer = (entry) => entry.sourceEntry.type === "message" && entry.sourceEntry.message.role === "assistant";

export default function (pi) {
  let at = 0;

  async function use(ctx, index) {
    const { provider, model } = models[index];
    const known = ctx.modelRegistry.find(provider, model);
    // one that pi's catalog lacks is taken for one like the provider's others, as pi does itself at its start
    const like = known ?? ctx.modelRegistry.getAll().find((other) => other.provider === provider);
    return like !== undefined && (await pi.setModel(known ?? { ...like, id: model, name: model }));
  }

  pi.on("before_agent_start", async (_event, ctx) => {
    if (at > 0 && (await use(ctx, 0))) at = 0;
  });

  pi.on("agent_before_settle", async (event, ctx) => {
    const failed = event.context.contextEntries.findLast(isAnswer)?.sourceEntry;
    if (failed?.message.stopReason !== "error" || !failed.message.errorMessage?.includes(NEXT)) return undefined;
    while (at + 1 < models.length) {
      at += 1;
      if (!(await use(ctx, at))) continue;
      ctx.ui.setStatus("openclaw.fallback", models[at].model);
      const drop = { type: "context_edit", targetId: failed.id, replacement: null };
      return { entries: [...event.entries, drop], continue: true };
    }
    return undefined;
  });
}
