/** Reads the body of one call: bounded, JSON only, strict. What the body means is the route's. */
import type { z } from "zod";
import { readJsonText } from "./json.ts";
import { ProblemFault } from "./problem.ts";

/** 2 MiB: twenty attachments of 64 KiB as JSON text, with room; an action itself is bounded by the engine. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;

/** A body whose length is known and somewhat too large is read to its end and thrown away, so that the caller gets the answer. */
const MAX_DRAINED_BYTES = 8 * MAX_BODY_BYTES;

async function readBytes(request: Request): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? "0");
  const readTo = declared > MAX_BODY_BYTES && declared <= MAX_DRAINED_BYTES ? declared : MAX_BODY_BYTES;
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (declared <= MAX_DRAINED_BYTES) {
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size <= MAX_BODY_BYTES) chunks.push(chunk);
      if (size > readTo) break;
    }
  }
  if (declared > MAX_BODY_BYTES || size > MAX_BODY_BYTES) {
    const detail = `The body is larger than ${MAX_BODY_BYTES} bytes: send less, or reference it from the arguments.`;
    throw new ProblemFault({ status: 413, code: "too_large", detail });
  }
  return Buffer.concat(chunks);
}

function badJson(detail: string): ProblemFault {
  return new ProblemFault({ status: 400, code: "bad_json", detail });
}

/** One problem for everything that is wrong, naming each key; values are not repeated. */
export function invalidBody(error: z.ZodError, what = "body"): ProblemFault {
  const issues = error.issues.slice(0, 20).map((issue) => {
    const path = issue.path.map(String).join(".") || `(the ${what})`;
    if (issue.code === "unrecognized_keys") return { path, message: `unknown keys: ${issue.keys.join(", ")}` };
    return { path, message: issue.message };
  });
  const detail = issues.map((issue) => `${issue.path}: ${issue.message}`).join("; ");
  return new ProblemFault({ status: 422, code: "invalid", detail: detail.slice(0, 2000), more: { issues } });
}

/**
 * The body as the schema says it. Refuses with a problem: 413 too large, 415 not JSON by its type, 400 not JSON by its
 * text (with the place), 422 not what the schema asks. An absent body is read as `{}`.
 */
export async function readBody<T>(
  request: Request,
  schema: z.ZodType<T>,
): Promise<{ readonly value: T; readonly bytes: number }> {
  const bytes = await readBytes(request);
  const type = request.headers.get("content-type") ?? "";
  if (bytes.byteLength > 0 && !/^application\/json\s*(;|$)/i.test(type)) {
    throw new ProblemFault({ status: 415, code: "not_json", detail: "Send `Content-Type: application/json`." });
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw badJson("The body is not UTF-8.");
  }
  const read = text === "" ? { ok: true as const, value: {} } : readJsonText(text);
  if (!read.ok) throw badJson(`The body is not JSON at line ${read.line}, column ${read.column}: ${read.message}.`);
  const parsed = schema.safeParse(read.value);
  if (!parsed.success) throw invalidBody(parsed.error);
  return { value: parsed.data, bytes: bytes.byteLength };
}
