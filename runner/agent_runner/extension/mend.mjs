// Mends what a model's provider would break for ever, or tells badly. No import; each part stands alone.
//
// Pictures that the provider refuses become a line of text in the model's view (the stored entries keep them), and the
// request is made once more: first without those since the last answer, then without any.
// A message that the provider's filter refuses is taken out of the model's view, so that the next one is not refused for it.
// An answer that was cut at the output limit counts as an answer, with a line that says so: else pi drops it and asks again
// where the provider's limit is lower than the model's `maxTokens`.
// `<think>…</think>` at the beginning of a text becomes a thinking block, which is neither shown nor sent again.
//
// What the person is to know goes to the runner as a status, which nobody shows: `openclaw.cut`, `openclaw.pictures`.
const PICTURE = "[A picture was here. The model's provider refused it.]";
const CUT = "[This answer was cut at the model's output limit.]";
const FILTERED = "[A message was here that the provider's content filter refused.]";
// each API words its errors in another way: "400: …", "400 {…}", "NAME API error (400): …", or the body alone
const REFUSED = /(?:^|\(|"code":\s{0,4}"?)(?:400|413|415|422)\b/;
const FILTER =
  /finish_reason: (?:sensitive|content_filter|safety)\b|\bcontent[ _-]?(?:filter|policy|management)|\binappropriate content\b|DataInspectionFailed/i;
// refusals of a request that have nothing to do with its pictures
const OTHER = /\bcontext[ _](?:length|window|size|limit)\b|\bmax[_ ](?:completion[_ ]|output[_ ])?tokens\b|\btoo (?:long|many tokens)\b/i;
const OPEN = "<think>";
const CLOSE = "</think>";

const isPicture = (block) => block?.type === "image";
const holdsPicture = (entry) => entry.messages.some((m) => Array.isArray(m.content) && m.content.some(isPicture));
const withoutPictures = (content) =>
  content.map((block) => (isPicture(block) ? { type: "text", text: PICTURE } : block));
const isFrom = (role) => (entry) => entry.sourceEntry.type === "message" && entry.sourceEntry.message.role === role;
const isAnswer = isFrom("assistant");

function splitThinking(block) {
  if (block.type !== "text" || !block.text.trimStart().startsWith(OPEN)) return [block];
  const text = block.text.trimStart().slice(OPEN.length);
  const end = text.indexOf(CLOSE);
  const thinking = { type: "thinking", thinking: (end < 0 ? text : text.slice(0, end)).trim() };
  const rest = end < 0 ? "" : text.slice(end + CLOSE.length).trimStart();
  return rest ? [thinking, { type: "text", text: rest }] : [thinking];
}

export default function (pi) {
  pi.on("message_end", (event, ctx) => {
    const message = event.message;
    if (message.role !== "assistant" || !Array.isArray(message.content)) return undefined;
    const content = message.content.flatMap(splitThinking);
    const says = content.some((block) => block.type === "text" && block.text.trim());
    const calls = content.some((block) => block.type === "toolCall");
    if (message.stopReason === "length" && says && !calls) {
      ctx.ui.setStatus("openclaw.cut", "length");
      return { message: { ...message, content: [...content, { type: "text", text: CUT }], stopReason: "stop" } };
    }
    return content.every((block, index) => block === message.content[index]) ? undefined : { message: { ...message, content } };
  });

  pi.on("agent_before_settle", (event, ctx) => {
    const entries = event.context.contextEntries;
    const at = entries.findLastIndex(isAnswer);
    const failed = entries[at]?.sourceEntry;
    if (failed?.message.stopReason !== "error") return undefined;
    const said = failed.message.errorMessage ?? "";
    const drop = { type: "context_edit", targetId: failed.id, replacement: null };
    if (FILTER.test(said)) {
      const asked = entries.findLast((entry, index) => index < at && isFrom("user")(entry));
      if (!asked) return undefined;
      const edit = { type: "context_edit", targetId: asked.sourceEntry.id, replacement: { content: FILTERED } };
      return { entries: [...event.entries, drop, edit] };
    }
    if (!REFUSED.test(said) || OTHER.test(said)) return undefined;
    const answered = entries.findLastIndex(
      (entry, index) =>
        index < at && isAnswer(entry) && entry.messages.length > 0 && entry.sourceEntry.message.stopReason !== "error",
    );
    const before = entries.filter((entry, index) => index < at && holdsPicture(entry));
    const recent = before.filter((entry) => entries.indexOf(entry) > answered);
    const chosen = recent.length ? recent : before;
    if (!chosen.length) return undefined;
    ctx.ui.setStatus("openclaw.pictures", String(chosen.length));
    const edits = chosen.map((entry) => ({
      type: "context_edit",
      targetId: entry.sourceEntry.id,
      replacement: { content: withoutPictures(entry.messages[0].content) },
    }));
    return { entries: [...event.entries, drop, ...edits], continue: true };
  });
}
