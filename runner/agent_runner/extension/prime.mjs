// Loads what a first answer loads (the provider's client, what reads its stream) while the conversation is fetched and nothing is
// asked yet: one model call that nobody hears, to a port where nobody listens. A first prompt is then asked 50 ms earlier.
const PROVIDER = "openclaw-prime";
const AFTER_MS = 10; // whoever asks first whether pi is there is answered first

export default function (pi) {
  pi.on("session_start", (event, ctx) => {
    const model = event.reason === "startup" ? ctx.modelRegistry.find(PROVIDER, PROVIDER) : undefined;
    if (!model) return;
    const said = { messages: [{ role: "user", content: "x", timestamp: 0 }] };
    setTimeout(() => void prime(ctx, model, said), AFTER_MS).unref();
  });
}

async function prime(ctx, model, said) {
  try {
    await ctx.modelRegistry.streamSimple(model, said, { maxRetries: 0 }).result(); // an error, as a result
  } catch {
    // the first prompt loads it all the same
  }
}
