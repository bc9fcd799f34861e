import { defineConfig } from "vitest/config";

const slow = "test/**/*.slow.test.ts";

/** Two projects: `fast` needs nothing but Node; `slow` boots machines, databases and engines, one file at a time. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    projects: [
      { test: { name: "fast", include: ["test/**/*.test.ts"], exclude: [slow], testTimeout: 20_000 } },
      {
        test: {
          name: "slow",
          include: [slow],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
});
