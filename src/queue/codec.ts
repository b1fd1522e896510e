/**
 * Stored records: a format version, and an HMAC that binds each to its place, so that a valid record cannot be moved
 * to another request or another seq. Not encryption: whoever reads the store reads the records.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import type { JsonObject } from "../engine/json.ts";
import type { AuditDraft, AuditHead, OutboxRecord } from "../engine/ports.ts";
import type { RequestEvent, RequestState } from "../engine/request.ts";
import { RecordFault } from "../engine/store-fault.ts";

/** The newest format that this build reads, and the one it writes. Raise it with any change that an older build would misread. */
export const RECORD_FORMAT = 1;

/** Where a record stands; all three enter the HMAC. `seq` is 0 where the kind has none. */
export interface RecordName {
  readonly kind: "state" | "event" | "outbox" | "record" | "head" | "latest";
  readonly id: string;
  readonly seq: number;
}

const MAC_LENGTH = 43;
const SEALED = /^(\d{1,9})\.([A-Za-z0-9_-]{43})\./;

function macOf(format: number, name: RecordName, body: string): (key: Buffer) => Buffer {
  const place = JSON.stringify([name.kind, name.id, name.seq]);
  return (key) => createHmac("sha256", key).update(`attesta-record\n${format}\n${place}\n${body}`).digest();
}

/** The record as stored text: `<format>.<hmac>.<json>`. `undefined` members are left out, as JSON does. */
export function seal(name: RecordName, value: object, key: Buffer): string {
  const body = JSON.stringify(value);
  return `${RECORD_FORMAT}.${macOf(RECORD_FORMAT, name, body)(key).toString("base64url")}.${body}`;
}

/** What `seal` was given under the same name and key. Throws RecordFault `newer_version` or `not_authentic`. */
export function open(name: RecordName, text: string, key: Buffer): unknown {
  const [, format, mac] = SEALED.exec(text) ?? [];
  if (format === undefined || mac === undefined) throw notAuthentic(name);
  if (Number(format) > RECORD_FORMAT) throw newerVersion(name, Number(format));
  const body = text.slice(format.length + MAC_LENGTH + 2);
  const expected = macOf(Number(format), name, body)(key);
  const given = Buffer.from(mac, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw notAuthentic(name);
  return JSON.parse(body);
}

/** The HMAC that a sealed text carries, not verified; empty for a text that is not sealed. The beginning of the text will do. */
export function macIn(text: string): string {
  return SEALED.exec(text)?.[2] ?? "";
}

/** The record in words, for messages. */
export function describe(name: RecordName): { readonly record: string; readonly requestId: string | undefined } {
  if (name.kind === "state" || name.kind === "event") {
    return { record: `${name.kind} ${name.seq} of request ${name.id}`, requestId: name.id };
  }
  return { record: `${name.kind} ${name.id}`.trimEnd(), requestId: undefined };
}

/** The fault for a record that was changed, moved, or written under another key. */
export function notAuthentic(name: RecordName): RecordFault {
  const about = describe(name);
  return new RecordFault(
    "not_authentic",
    about,
    `the stored ${about.record} was not written by this service with this state key: it is held, nothing is decided or run on it. Restore the state from a backup, or ask again with a new request id`,
  );
}

/** The fault for a record that must be there and is not. */
export function missing(name: RecordName): RecordFault {
  const about = describe(name);
  return new RecordFault(
    "missing",
    about,
    `the stored ${about.record} is gone although later records need it: it is held, nothing is decided or run on it. Restore the state from a backup`,
  );
}

/** The fault for a record that is authentic, and not the newest one under its name. */
export function putBack(name: RecordName): RecordFault {
  return outdated(name, "is not the newest that this service wrote: it was put back to an older state");
}

/** The fault for a record that was there, was not removed by this service, and is gone. */
export function removed(name: RecordName): RecordFault {
  return outdated(name, "was removed, and not by this service");
}

function outdated(name: RecordName, what: string): RecordFault {
  const about = describe(name);
  return new RecordFault(
    "not_authentic",
    about,
    `the stored ${about.record} ${what}. It is held, nothing is decided or run on it. Find out who can write to the state folder; ask again with a new request id`,
  );
}

function newerVersion(name: RecordName, format: number): RecordFault {
  const about = describe(name);
  return new RecordFault(
    "newer_version",
    about,
    `the stored ${about.record} has format ${format}, this build reads up to ${RECORD_FORMAT}: start the newer build of attesta-chatops that wrote it`,
  );
}

const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);
const stateMark = z.object({ seq: z.int(), status: z.string(), facts: z.object({ id: z.string() }) });
const eventMark = z.object({ type: z.string(), seq: z.int(), atMs: z.number() });
/** Who holds the key wrote the rest: the marks only tell a record of another kind or layout. */
const stateShape = z.custom<RequestState>((value) => stateMark.safeParse(value).success);
const eventShape = z.custom<RequestEvent>((value) => eventMark.safeParse(value).success);
const draft = z.strictObject({
  entry_type: z.enum(["decision", "execution", "refusal", "admin", "recovered"]),
  request_id: z.string().exactOptional(),
  body: jsonObject,
});
const outboxShape = z.strictObject({ atMs: z.number(), seq: z.int().exactOptional(), draft });
const headShape = z.strictObject({ number: z.int(), hash: z.string(), upTo: z.int() });

function openAs<T>(shape: z.ZodType<T>, name: RecordName, sealed: { text: string; key: Buffer }): T {
  const read = shape.safeParse(open(name, sealed.text, sealed.key));
  if (!read.success) throw notAuthentic(name);
  return read.data;
}

/** A sealed text and the state key it is read with. */
export interface Sealed {
  readonly text: string;
  readonly key: Buffer;
}

/** The state of this request at this seq; throws RecordFault. */
export function openState(requestId: string, seq: number, sealed: Sealed): RequestState {
  return openAs(stateShape, { kind: "state", id: requestId, seq }, sealed);
}

/** This request's event with this seq; throws RecordFault. */
export function openEvent(requestId: string, seq: number, sealed: Sealed): RequestEvent {
  return openAs(eventShape, { kind: "event", id: requestId, seq }, sealed);
}

/** What is sealed of an outbox record: all but its id, which is its name. */
export type OutboxBody = { readonly atMs: number; readonly seq?: number; readonly draft: AuditDraft };

/** Wide enough for every whole number that JavaScript counts exactly. */
const ID_DIGITS = 16;

/** The name of the outbox record with this number; its `id` is the number with leading zeros. */
export function outboxName(number: number): RecordName {
  return { kind: "outbox", id: String(number).padStart(ID_DIGITS, "0"), seq: 0 };
}

/** The outbox record with this id; throws RecordFault. */
export function openOutbox(id: string, sealed: Sealed): OutboxRecord {
  return { id, ...openAs(outboxShape, { kind: "outbox", id, seq: 0 }, sealed) };
}

/** The audit head, with the number of the newest outbox record that is known to be in the log. */
export interface StoredHead extends AuditHead {
  readonly upTo: number;
}

/** The name of the one audit head. */
export const HEAD: RecordName = { kind: "head", id: "", seq: 0 };
/** The name of what every transaction writes last. */
export const LATEST: RecordName = { kind: "latest", id: "", seq: 0 };

/** The audit head; throws RecordFault. */
export function openHead(sealed: Sealed): StoredHead {
  return openAs(headShape, HEAD, sealed);
}

/** What every transaction writes last: the clock's highest value, and what stands for all newest rows (`Newest.digest`). */
export type Latest = z.infer<typeof latestShape>;
const latestShape = z.strictObject({ atMs: z.number(), rows: z.string() });

/** What the last transaction wrote; throws RecordFault. */
export function openLatest(sealed: Sealed): Latest {
  return openAs(latestShape, LATEST, sealed);
}

/** The name of a small named record. */
export function recordName(kind: string, key: string): RecordName {
  return { kind: "record", id: JSON.stringify([kind, key]), seq: 0 };
}

/** A small named record; throws RecordFault. */
export function openRecord(name: RecordName, sealed: Sealed): JsonObject {
  return openAs(jsonObject, name, sealed);
}
