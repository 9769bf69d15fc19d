import type { Canaries } from "./canaries.js";

/** For a hook that tries no door (`--no-canary`). */
export const NO_CANARIES: Canaries = {
  areRefused: false,
  warnings: [],
  beforeReload: async () => {},
  prove: async () => {},
  refresh: async () => false,
};
