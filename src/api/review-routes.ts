/** The reviewer's routes: each call becomes one interaction, as if it came from a chat platform. Decides nothing. */
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { z } from "zod";
import type { Interaction, Reply } from "../bot/surface.ts";
import type { Account } from "../engine/model.ts";
import { type Lookups, requireReviewer } from "./auth.ts";
import type { Gateway } from "./gateway.ts";
import { ProblemFault } from "./problem.ts";
import { type ReviewVerb, reviewBodies } from "./review-contract.ts";

/** What the reviewer's routes need. */
export interface ReviewDeps {
  readonly lookups: Lookups<string, Account>;
  readonly gateway: Gateway;
  reviews(interaction: Interaction): Promise<Reply>;
  /** Fresh and random, for calls that do not name themselves. */
  newId(): string;
}

type Env = { Bindings: HttpBindings };
type Ctx = Context<Env>;
type Body<V extends ReviewVerb> = z.output<(typeof reviewBodies)[V]>;
type Parts = { readonly account: Account; readonly deliveryId: string; readonly requestId: string };

function commented(comment: string | undefined): { readonly comment?: string } {
  return comment === undefined ? {} : { comment };
}

/** Which interaction each route is. */
const INTERACTIONS: { readonly [V in ReviewVerb]: (parts: Parts, body: Body<V>) => Interaction } = {
  review: (parts) => ({ ...parts, kind: "review" }),
  read: (parts, body) => ({ ...parts, kind: "read", reviewId: body.review_id, page: body.page }),
  vote: (parts, body) => ({
    ...parts,
    kind: "submit",
    reviewId: body.review_id,
    digest: body.digest,
    answers: body.answers,
    ...(body.break_glass === undefined ? {} : { breakGlass: body.break_glass }),
  }),
  deny: (parts, body) => ({ ...parts, kind: "denied", reason: body.reason, ...commented(body.comment) }),
  pass: (parts) => ({ ...parts, kind: "pass" }),
  stop: (parts, body) => ({ ...parts, kind: "stopped", reason: body.reason, ...commented(body.comment) }),
  withdraw: (parts) => ({ ...parts, kind: "withdraw" }),
  comment: (parts, body) => ({ ...parts, kind: "comment", text: body.text }),
  "after-review": (parts, body) => ({ ...parts, kind: "after_review", comment: body.comment }),
};

/** Builds the routes under `/v1` that take a personal review token. */
export function reviewRoutes(deps: ReviewDeps): Hono<Env> {
  const app = new Hono<Env>();
  const accountOf = (c: Ctx) => requireReviewer(c.req.header("authorization"), deps.lookups);

  /** A repeated call is recognised within one person, route and request; nobody can repeat somebody else's. */
  const partsOf = (c: Ctx, account: Account, verb: string, sent: string | undefined): Parts => {
    const requestId = c.req.param("id") ?? "";
    if (requestId.length > 64) throw new ProblemFault({ status: 404, code: "not_found", detail: "No such request." });
    const key = c.req.header("idempotency-key") ?? sent;
    if (key !== undefined && (key === "" || key.length > 200)) {
      throw new ProblemFault({ status: 422, code: "invalid", detail: "Idempotency-Key: 1 to 200 characters." });
    }
    const scope = [account.surface, account.tenant, account.user, verb, requestId].join(":");
    return { account, requestId, deliveryId: `${scope}:${key ?? deps.newId()}` };
  };

  const post = <V extends ReviewVerb>(verb: V, act: (interaction: Interaction) => Promise<Reply>) => {
    app.post(`/requests/:id/${verb}`, async (c) => {
      const account = accountOf(c);
      const body = await deps.gateway.reviewerBody<Body<V>>(c.req.raw, schemaOf(verb));
      return c.json(await act(INTERACTIONS[verb](partsOf(c, account, verb, body.delivery_id), body)));
    });
  };

  post("review", (interaction) => shown(deps, interaction));
  for (const verb of ["read", "vote", "deny", "pass", "stop", "withdraw", "comment", "after-review"] as const) {
    post(verb, deps.reviews);
  }
  const get = (path: string, kind: "inbox" | "whoami" | "show") => {
    app.get(path, async (c) => {
      const { requestId, ...parts } = partsOf(c, accountOf(c), kind, undefined);
      return c.json(await deps.reviews(kind === "show" ? { ...parts, kind, requestId } : { ...parts, kind }));
    });
  };
  get("/inbox", "inbox");
  get("/whoami", "whoami");
  get("/requests/:id/card", "show");
  return app;
}

/** Zod's own output type of each schema, which the compiler cannot follow through the generic index. */
function schemaOf<V extends ReviewVerb>(verb: V): z.ZodType<Body<V>> {
  return reviewBodies[verb] as unknown as z.ZodType<Body<V>>;
}

/** Here the answer itself is the showing: the form is asked for, then reported as shown, and the clock runs from then. */
async function shown(deps: ReviewDeps, interaction: Interaction): Promise<Reply> {
  const planned = await deps.reviews(interaction);
  if (planned.kind !== "review_form") return planned;
  const { requestId, reviewId } = planned.form;
  const { account, deliveryId } = interaction;
  return deps.reviews({ account, deliveryId: `${deliveryId}:shown`, kind: "shown", requestId, reviewId });
}
