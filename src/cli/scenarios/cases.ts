/** The published case as data: eight calls of one agent, and what the people in it say. Names and values are the published ones. */

import type { Hints } from "../../engine/action.ts";
import type { JsonObject } from "../../engine/json.ts";

/** How one scripted person decides: how long they look, and what they know or say. */
export interface Part {
  readonly person: string;
  /** From opening the review to sending the answer, in seconds of the service's clock. */
  readonly seconds: number;
  /** For a teach-back. */
  readonly explanation?: string;
  /** For a quiz or a confirm: texts that are true of this action. */
  readonly knows?: readonly string[];
}

export interface Case {
  readonly title: string;
  readonly action: string;
  readonly arguments: JsonObject;
  readonly hints: Hints;
  readonly environment: string;
  readonly people: readonly Part[];
}

const SRE_LEAD = "sre.lead@company.com";
const RELEASE_MANAGER = "release.mgr@company.com";

/** The six published scenarios in their order, then the two remaining actions. */
export const CASES: readonly Case[] = [
  {
    title: "Scenario 1: Service Status",
    action: "get_service_status",
    arguments: { service: "api-gateway", environment: "production" },
    hints: {},
    environment: "production",
    people: [],
  },
  {
    title: "Scenario 2: Staging Deployment",
    action: "deploy_to_staging",
    arguments: { service: "api-gateway", version: "2.1.0", strategy: "rolling" },
    hints: { environment: "staging" },
    environment: "staging",
    people: [{ person: SRE_LEAD, seconds: 4.2, knows: ["api-gateway"] }],
  },
  {
    title: "Scenario 3: Production Deployment",
    action: "deploy_to_production",
    arguments: {
      service: "api-gateway",
      version: "2.1.0",
      strategy: "canary",
      canary_percentage: 10,
      change_ticket: "CHG-2026-0042",
    },
    hints: { production: true },
    environment: "production",
    people: [
      {
        person: SRE_LEAD,
        seconds: 48.2,
        explanation:
          "api-gateway goes to v2.1.0 in production as a canary: 10% first, that is one of ten instances, and we watch it under CHG-2026-0042 before the others follow.",
      },
      {
        person: RELEASE_MANAGER,
        seconds: 35.4,
        knows: ["api-gateway", "CHG-2026-0042", "2.1.0", "production", "canary", "10"],
      },
    ],
  },
  {
    title: "Scenario 4: Database Migration",
    action: "run_migration",
    arguments: {
      migration_file: "20260213_add_user_preferences.sql",
      database: "primary",
      environment: "production",
    },
    hints: { production: true, affects_database: true },
    environment: "production",
    people: [
      {
        person: "dba@company.com",
        seconds: 55.1,
        explanation:
          "This applies 20260213_add_user_preferences.sql to the primary database in production. It changes the shape of two tables and there is no way back from it, so the backup has to be fresh.",
      },
      {
        person: "backend.lead@company.com",
        seconds: 41.3,
        knows: ["primary", "No (DDL)", "production", "20260213_add_user_preferences.sql"],
      },
    ],
  },
  {
    title: "Scenario 5: Emergency Rollback",
    action: "rollback_deployment",
    arguments: { service: "api-gateway", target_version: "2.0.3", reason: "v2.1.0 causing 502s on /api/checkout" },
    hints: { production: true, emergency: true },
    environment: "production",
    people: [
      {
        person: SRE_LEAD,
        seconds: 23.7,
        knows: ["2.0.3", "v2.1.0 causing 502s on /api/checkout", "All 10", "api-gateway", "production"],
      },
    ],
  },
  {
    title: "Scenario 6: Firewall Rule Change",
    action: "modify_firewall_rule",
    arguments: {
      rule_id: "FW-PROD-001",
      action: "allow",
      protocol: "TCP",
      port: 443,
      cidr: "10.0.0.0/8",
      direction: "ingress",
    },
    hints: { security_boundary: true },
    environment: "production",
    people: [
      {
        person: "security.eng@company.com",
        seconds: 34.8,
        explanation:
          "Rule FW-PROD-001 will allow TCP traffic to come in (ingress) on port 443 from the whole of 10.0.0.0/8, so every internal host can then reach production over HTTPS.",
      },
    ],
  },
  {
    title: "Also: Recent Deployments",
    action: "list_recent_deployments",
    arguments: { environment: "production", limit: 10 },
    hints: {},
    environment: "production",
    people: [],
  },
  {
    title: "Also: Credential Rotation",
    action: "rotate_credentials",
    arguments: { service: "payment-api", credential_type: "database", environment: "production" },
    hints: { security_critical: true },
    environment: "production",
    people: [
      {
        person: "security.eng@company.com",
        seconds: 21.5,
        knows: ["payment-api", "database", "production"],
      },
    ],
  },
];
