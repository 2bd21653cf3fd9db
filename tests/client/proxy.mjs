/* TCP between client and daemon, which cuts connections where a test says. */
import { connect, createServer } from "node:net";

/* next() gives after how many bytes towards the client a new connection is cut; Infinity: never. */
export async function openProxy(url, { next = () => Infinity } = {}) {
  const { hostname, port } = new URL(url);
  const open = new Set();
  const facts = { cuts: 0, next };
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    let left = facts.next();
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.on("data", (chunk) => {
      if (chunk.length < left) {
        left -= chunk.length;
        near.write(chunk);
        return;
      }
      facts.cuts++;
      near.write(chunk.subarray(0, left), () => near.resetAndDestroy());
      left = 0;
      far.destroy();
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return Object.assign(facts, {
    url: `http://127.0.0.1:${server.address().port}`,
    /* ends what is open now */
    cut: () => {
      for (const socket of open) socket.destroy();
    },
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((done) => server.close(done));
    },
  });
}

/* Random numbers that a seed repeats (mulberry32). */
export function randomOf(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
