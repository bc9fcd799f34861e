/** How long a lost database is tried again, in milliseconds. */
const patienceMs = 60_000;

/**
 * Does something on the database, again and again for a minute where the connection is what failed. `again` is true
 * from the second time on: what was done before may have been stored, and only its answer lost.
 */
export async function patiently<Value>(work: (again: boolean) => Promise<Value>): Promise<Value> {
  const deadline = Date.now() + patienceMs;
  for (let pauseMs = 50, again = false; ; pauseMs = Math.min(2000, pauseMs * 2), again = true) {
    try {
      return await work(again);
    } catch (error) {
      if (!isConnectionError(error) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** SQLSTATE classes 08 (connection) and 57P (server goes or comes), and errors of the socket, also inside another error. */
function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  if (/^(08|57P)/.test(code) || /^E[A-Z]+$/.test(code)) return true;
  if (/connection terminated|connection error|timeout/i.test(error.message)) return true;
  // Because DBOS keeps what it met under a name of its own.
  return isConnectionError(error.cause) || ("error" in error && isConnectionError(error.error));
}
