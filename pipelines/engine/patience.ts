/** How long a lost database is tried again, in milliseconds. */
const patienceMs = 60_000;

/** Does something on the database, again and again for a minute where the connection is what failed. */
export async function patiently<Value>(work: () => Promise<Value>): Promise<Value> {
  const deadline = Date.now() + patienceMs;
  for (let pauseMs = 50; ; pauseMs = Math.min(2000, pauseMs * 2)) {
    try {
      return await work();
    } catch (error) {
      if (!isConnectionError(error) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** SQLSTATE classes 08 (connection) and 57P (server goes or comes), and errors of the socket. */
function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return /^(08|57P)/.test(code) || /^E[A-Z]+$/.test(code) || /connection terminated|timeout/i.test(error.message);
}
