/** Bodies of asks for the published actions, with their published values. Not a test. */

export const STAGING = {
  action: "deploy_to_staging",
  arguments: { service: "api-gateway", version: "2.1.0", strategy: "rolling" },
  hints: { environment: "staging" },
  environment: "staging",
} as const;

export const PRODUCTION = {
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
} as const;

export const MIGRATION = {
  action: "run_migration",
  arguments: { migration_file: "20260213_add_user_preferences.sql", database: "primary", environment: "production" },
  hints: { production: true, affects_database: true },
  environment: "production",
} as const;

export const ROLLBACK = {
  action: "rollback_deployment",
  arguments: { service: "api-gateway", target_version: "2.0.3", reason: "v2.1.0 causing 502s on /api/checkout" },
  hints: { production: true, emergency: true },
  environment: "production",
} as const;

export const FIREWALL = {
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
} as const;

export const CREDENTIALS = {
  action: "rotate_credentials",
  arguments: { service: "payment-api", credential_type: "database", environment: "production" },
  hints: { security_critical: true },
  environment: "production",
} as const;

export const STATUS = {
  action: "get_service_status",
  arguments: { service: "api-gateway", environment: "production" },
  environment: "production",
} as const;

export const DEPLOYMENTS = {
  action: "list_recent_deployments",
  arguments: { environment: "production", limit: 10 },
  environment: "production",
} as const;
