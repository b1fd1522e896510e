/** Who may import whom. The reasons are in docs/decisions/; scripts/check-rules.mjs proves that each rule bites. */
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { path: "^src/", pathNot: [from, ...allowed] },
});
const onlyFrom = (name, module, from, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: "^src/", pathNot: from },
  to: { path: module },
});

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolvable", severity: "error", from: { path: "^src/" }, to: { couldNotResolve: true } },
    only("engine-knows-nobody", "^src/engine/", [], "The rules are pure; everything else depends on them."),
    {
      name: "engine-is-pure",
      severity: "error",
      from: { path: "^src/engine/" },
      to: { dependencyTypes: ["core", "npm"], pathNot: ["^(node:)?crypto$", "node_modules/re2js/"] },
    },
    only("bot-knows-engine", "^src/bot/", ["^src/engine/"], "The conversation knows no platform."),
    only(
      "adapters-know-ports",
      "^src/adapters/([^/]+)/",
      ["^src/adapters/$1/", "^src/bot/(surface|text|card|form|commands)\\.ts$", "^src/engine/"],
      "An adapter knows the surface port, the words, typed commands, and the engine's types; never another adapter.",
    ),
    only("audit-knows-engine", "^src/audit/", ["^src/engine/"]),
    only("queue-knows-engine", "^src/queue/", ["^src/engine/"]),
    only("config-knows-engine", "^src/config/", ["^src/engine/"]),
    only("api-knows-engine-and-surface", "^src/api/", ["^src/engine/", "^src/bot/surface\\.ts$"]),
    only(
      "client-is-small",
      "^src/client/",
      ["^src/api/contract\\.ts$", "^src/engine/(json|digest)\\.ts$", "^src/local\\.ts$"],
      "What an agent imports: the wire contract and the digest. src/local.ts only by dynamic import.",
    ),
    {
      name: "main-is-wiring",
      comment: "Only the command line and the local service know the wiring.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(main|local)\\.ts$|^src/(cli|wiring)/" },
      to: { path: "^src/(main\\.ts|wiring/|cli/)" },
    },
    onlyFrom("slack-only-in-its-adapter", "node_modules/@slack/", "^src/adapters/slack/"),
    onlyFrom("botbuilder-only-in-its-adapter", "node_modules/botbuilder", "^src/adapters/teams/"),
    onlyFrom("ioredis-only-in-queue", "node_modules/ioredis/", "^src/queue/"),
    onlyFrom("libsql-only-in-queue", "node_modules/libsql/", "^src/queue/"),
    onlyFrom("yaml-only-in-config", "node_modules/yaml/", "^src/config/"),
    onlyFrom("re2js-only-in-engine", "node_modules/re2js/", "^src/engine/"),
    onlyFrom("hono-only-in-api", "node_modules/(hono|@hono)/", "^src/api/"),
    onlyFrom("commander-only-in-cli", "node_modules/commander/", "^src/cli/"),
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { extensions: [".ts", ".js"], conditionNames: ["import", "node", "default"] },
  },
};
