/** Stands for a collector process that a hostile input got hold of; what it does is the job's source. */
const doings: Record<string, () => void> = {
  // A loop that never comes back to its event loop: no signal and no message reaches it.
  loop: () => {
    for (;;) performance.now();
  },
  // Objects on V8's heap.
  heap: () => {
    const kept: object[] = [];
    for (;;) kept.push({ a: [kept.length] });
  },
  // Bytes beside V8's heap, which V8 does not count.
  buffers: () => {
    const kept: Buffer[] = [];
    setInterval(() => kept.push(Buffer.alloc(8 * 1024 * 1024, 1)), 1);
  },
  exit: () => process.exit(3),
  answer: () => void process.send?.({ ok: true, rows: [], digest: "", markers: Object.keys(process.env).toSorted() }),
};

process.on("message", (message) => doings[(message as { job: { source: string } }).job.source]?.());
process.on("disconnect", () => process.exit(0));
