// What is loaded when it is first asked for, and then stays. Knows promises; knows nothing of what is loaded.

/** Who asks while it is being loaded waits for the same. A failure is not kept: who asks after it has it loaded anew. */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null;
  return () => {
    if (loading !== null) return loading;
    const mine = load();
    loading = mine;
    mine.catch(() => (loading = null));
    return mine;
  };
}
