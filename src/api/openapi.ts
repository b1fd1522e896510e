/** The OpenAPI 3.1 description of the API, made from the same zod schemas that check it. */
import { z } from "zod";
import * as contract from "./contract.ts";
import { replyBody, reviewBodies } from "./review-contract.ts";

type Node = Readonly<Record<string, unknown>>;

/** Schemas that answers and bodies refer to by name. `Json` is any JSON value. */
const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  Submit: contract.submitBody,
  Assess: contract.assessBody,
  Assessment: contract.assessView,
  Request: contract.requestView,
  Requests: contract.requestList,
  Use: contract.useBody,
  Used: contract.useView,
  Result: contract.resultBody,
  Cancel: contract.cancelBody,
  Problem: contract.problem,
  Reply: replyBody,
  Json: z.json(),
};

const bodyName = (verb: string) => `Review_${verb.replaceAll("-", "_")}`;

/** Schema as JSON Schema 2020-12; the one recursive definition, any JSON value, is kept once under `Json`. */
function schemaNode(schema: z.ZodType): Node {
  const { $schema, $defs, ...node } = z.toJSONSchema(schema, { io: "input" });
  return JSON.parse(JSON.stringify(node).replaceAll('"#/$defs/__schema0"', '"#/components/schemas/Json"'));
}

function jsonNode(): Node {
  const any = { $ref: "#/components/schemas/Json" };
  const scalars = ["string", "number", "boolean", "null"].map((type) => ({ type }));
  return { anyOf: [...scalars, { type: "array", items: any }, { type: "object", additionalProperties: any }] };
}

function ref(name: string): Node {
  return { $ref: `#/components/schemas/${name}` };
}

interface Route {
  readonly method: "get" | "post";
  readonly path: string;
  readonly token: "agentToken" | "reviewToken";
  readonly summary: string;
  readonly body?: string;
  readonly answer: string;
  readonly query?: Readonly<Record<string, Node>>;
}

const AGENT: readonly Omit<Route, "token">[] = [
  {
    method: "post",
    path: "/v1/requests",
    summary: "Ask; the same request_id again joins",
    body: "Submit",
    answer: "Request",
  },
  { method: "post", path: "/v1/assess", summary: "Score without asking anybody", body: "Assess", answer: "Assessment" },
  {
    method: "get",
    path: "/v1/requests",
    summary: "This agent's requests, newest first",
    answer: "Requests",
    query: { state: { type: "string" }, limit: { type: "integer", minimum: 1, maximum: 200 } },
  },
  {
    method: "get",
    path: "/v1/requests/{id}",
    summary: "One request; waits up to wait_ms for its verdict",
    answer: "Request",
    query: { wait_ms: { type: "integer", minimum: 0, maximum: 25_000 } },
  },
  { method: "post", path: "/v1/requests/{id}/use", summary: "Use the approval, once", body: "Use", answer: "Used" },
  {
    method: "post",
    path: "/v1/requests/{id}/result",
    summary: "Report how it ended",
    body: "Result",
    answer: "Request",
  },
  { method: "post", path: "/v1/requests/{id}/cancel", summary: "Take it back", body: "Cancel", answer: "Request" },
];

const REVIEWER: readonly Omit<Route, "token">[] = [
  { method: "get", path: "/v1/inbox", summary: "What waits for you and for others", answer: "Reply" },
  { method: "get", path: "/v1/whoami", summary: "Who you are here and why", answer: "Reply" },
  { method: "get", path: "/v1/requests/{id}/card", summary: "The card as the channel sees it", answer: "Reply" },
  ...Object.keys(reviewBodies).map((verb) => ({
    method: "post" as const,
    path: `/v1/requests/{id}/${verb}`,
    summary: `${verb.replaceAll("-", " ")}, as the person whose token this is`,
    body: bodyName(verb),
    answer: "Reply",
  })),
];

function operation(route: Route): Node {
  const inPath = route.path.includes("{id}")
    ? [{ name: "id", in: "path", required: true, schema: { type: "string" } }]
    : [];
  const inQuery = Object.entries(route.query ?? {}).map(([name, schema]) => ({ name, in: "query", schema }));
  const answer = { description: "Done", content: { "application/json": { schema: ref(route.answer) } } };
  const problem = { description: "Refused", content: { "application/problem+json": { schema: ref("Problem") } } };
  return {
    summary: route.summary,
    security: [{ [route.token]: [] }],
    parameters: [...inPath, ...inQuery],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: ref(route.body) } } } }),
    responses: {
      "200": answer,
      ...(route.path === "/v1/requests" && route.body ? { "201": answer } : {}),
      default: problem,
    },
  };
}

/** The whole description, as plain data. */
export function openApi(): Node {
  const routes: readonly Route[] = [
    ...AGENT.map((route) => ({ ...route, token: "agentToken" as const })),
    ...REVIEWER.map((route) => ({ ...route, token: "reviewToken" as const })),
  ];
  const paths: Record<string, Record<string, Node>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  const bodies = Object.entries(reviewBodies).map(([verb, schema]) => [bodyName(verb), schemaNode(schema)]);
  const named = Object.entries(SCHEMAS).map(([name, schema]) => [
    name,
    name === "Json" ? jsonNode() : schemaNode(schema),
  ]);
  const bearer = (description: string) => ({ type: "http", scheme: "bearer", description });
  return {
    openapi: "3.1.0",
    info: { title: "attesta-chatops", version: "1", description: "Approvals that prove somebody understood." },
    paths,
    components: {
      schemas: Object.fromEntries([...named, ...bodies]),
      securitySchemes: {
        agentToken: bearer("An agent's token; opens only that agent's requests."),
        reviewToken: bearer("A personal review token; never interchangeable with an agent's."),
      },
    },
  };
}
