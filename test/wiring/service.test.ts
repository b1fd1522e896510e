/** A whole service over chat surfaces: routes by config, groups and linked accounts from outside, and reloads that are written down first. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/types.ts";
import { StoreFault } from "../../src/engine/store-fault.ts";
import { type Service, type ServiceOptions, startService } from "../../src/main.ts";
import { createMemorySurface } from "../fixtures/memory-surface.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(more: { config?: Partial<Config>; options?: Partial<ServiceOptions> } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "attesta-service-"));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const loaded = loadConfig("examples/infra/attesta.yaml", { env: {}, cwd: process.cwd(), purpose: "start" });
  const config: Config = {
    ...loaded,
    state: { ...loaded.state, path: join(folder, "state") },
    audit: { ...loaded.audit, path: join(folder, "audit.jsonl") },
    ...more.config,
  };
  const service = await startService(config, {
    log: pino({ level: "silent" }),
    tcp: false,
    speed: 1,
    surfaces: [],
    ...more.options,
  });
  closers.push(() => service.stop());
  return { service, config };
}

async function raise({ approvals }: Service, environment = "production"): Promise<string> {
  const raised = await approvals.raise({
    agentId: "infra-agent",
    clientRequestId: environment,
    action: {
      name: "deploy_to_staging",
      arguments: { service: "api", version: "2", strategy: "rolling" },
      environment,
    },
  });
  if (!raised.ok) throw new Error(JSON.stringify(raised.refusal));
  return raised.state.facts.id;
}

describe("a service with chats", () => {
  it("posts where config says, on each chat that runs", async () => {
    const [slack, teams] = [createMemorySurface("slack"), createMemorySurface("teams")];
    const channels: Config["channels"] = {
      default: { slack: "ops", teams: "19:ops" },
      rules: [{ when: { environment: "staging" }, slack: "staging" }],
    };
    const { service } = await start({ config: { channels }, options: { surfaces: [slack, teams] } });
    await raise(service, "staging");
    const channelsOf = (surface: typeof slack) =>
      surface.posts.flatMap(({ target }) => (target.kind === "channel" ? [target.channel] : []));
    await expect.poll(() => channelsOf(slack)).toEqual(["staging"]);
    await expect.poll(() => channelsOf(teams)).toEqual(["19:ops"]);
  });

  it("takes another route where it is given one", async () => {
    const surface = createMemorySurface("slack");
    const target = { kind: "channel", channel: "lab", mention: [] } as const;
    const { service } = await start({
      options: { surfaces: [surface], route: async () => [{ surface: "slack", target }] },
    });
    await raise(service);
    await expect.poll(() => surface.posts.map((post) => post.target)).toEqual([target]);
  });

  it("knows groups and accounts that a chat's own directory knows", async () => {
    const [sam = "", riley = ""] = ["sre.lead@company.com", "release.mgr@company.com"];
    const { service: alone, config } = await start();
    const roles = config.roles.map((role) =>
      role.name === "sre_lead" ? { ...role, slack: { usergroup: "S1" } } : role,
    );
    const account = { surface: "slack", tenant: "T1", user: "U1" };
    expect(await alone.directory.personOf(account)).toBe("unknown");
    const { service: linking } = await start({
      config: { roles },
      options: {
        groups: [{ surface: "slack", source: "group", members: async ({ group }) => (group === "S1" ? [riley] : []) }],
        linked: async ({ user }) => (user === "U1" ? sam : undefined),
      },
    });
    expect(await linking.directory.personOf(account)).toMatchObject({ person: sam });
    expect((await linking.directory.holdersOf(["sre_lead"])).sre_lead).toEqual([]);
  });
});

describe("a reload", () => {
  it("is in force once the log has it", async () => {
    const { service, config } = await start();
    expect(service.directory.nameOf("sre.lead@company.com")).not.toBe("New Name");
    const people = config.people.map((person) => ({ ...person, name: "New Name" }));
    await service.reload({ ...config, people });
    expect(service.directory.nameOf("sre.lead@company.com")).toBe("New Name");
  });

  it("that cannot be written down changes nothing", async () => {
    const { service, config } = await start();
    const before = service.directory.nameOf("sre.lead@company.com");
    const { note } = service.store;
    const broken = { note: () => Promise.reject(new StoreFault("write_failed", "the disk is full")) };
    Object.assign(service.store, broken);
    const people = config.people.map((person) => ({ ...person, name: "New Name" }));
    await expect(service.reload({ ...config, people })).rejects.toThrow("the disk is full");
    Object.assign(service.store, { note });
    expect(service.directory.nameOf("sre.lead@company.com")).toBe(before);
  });
});
