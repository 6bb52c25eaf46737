// How what is in pi asks the runner beside it: a line of JSON to its socket, and lines of JSON back, the last one the answer.
import net from "node:net";

export function ask(request, signal, onProgress) {
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
