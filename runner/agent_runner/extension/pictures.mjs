// Bounds what pictures take. No import but Node's own.
//
// A model sees the newest pictures of a conversation: where they are too many or too large together, the older ones become a
// line of text in its view, by lines of the session that say so, so that no later start needs them either. More go at once
// than must, as each change costs the provider's cache.
// pi decodes pictures that people and pages made, to make them smaller, in WebAssembly, whose memory has a bound here: one
// that would take more is left out by pi, in words, and nothing ends.
import v8 from "node:v8";

const MOST = 20;
const MOST_CHARACTERS = 8 * 1024 * 1024; // of base64
const NOTE = "[A picture was here. Newer ones came, so it is not shown any more; read its file again to see it.]";
const DECODER_PAGES = 8192; // of 64 KiB

const isPicture = (block) => block?.type === "image";
const picturesOf = (entry) => {
  const content = entry.messages[0]?.content;
  return Array.isArray(content) ? content.filter(isPicture) : [];
};
const withoutPictures = (content) => content.map((block) => (isPicture(block) ? { type: "text", text: NOTE } : block));

function measure(entry) {
  const pictures = picturesOf(entry);
  return { entry, count: pictures.length, characters: pictures.reduce((sum, one) => sum + (one.data?.length ?? 0), 0) };
}

function findOld(entries) {
  const measured = entries.map(measure).filter((one) => one.count > 0);
  const sum = (key) => measured.reduce((total, one) => total + one[key], 0);
  if (sum("count") <= MOST && sum("characters") <= MOST_CHARACTERS) return [];
  let [count, characters, kept] = [0, 0, 0];
  for (const one of measured.toReversed()) {
    count += one.count;
    characters += one.characters;
    if (kept > 0 && (count > MOST / 2 || characters > MOST_CHARACTERS / 2)) break;
    kept += 1;
  }
  return measured.slice(0, measured.length - kept).map((one) => one.entry);
}

v8.setFlagsFromString(`--wasm-max-mem-pages=${DECODER_PAGES}`);

export default function (pi) {
  pi.on("turn_end", (event) => {
    const edits = findOld(event.context.contextEntries).map((entry) => ({
      type: "context_edit",
      targetId: entry.sourceEntry.id,
      replacement: { content: withoutPictures(entry.messages[0].content) },
    }));
    return edits.length ? { entries: [...event.entries, ...edits] } : undefined;
  });
}
