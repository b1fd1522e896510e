/** The unix socket through which other local processes join a running service: where it stands and how it is taken over. */
import { createHash } from "node:crypto";
import { lstat, mkdir, unlink } from "node:fs/promises";
import { get } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

/** The socket cannot be used; the message says what to do. */
export class SocketFault extends Error {
  readonly code: "socket_in_use" | "socket_folder_unsafe";
  constructor(code: SocketFault["code"], message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "SocketFault";
    this.code = code;
  }
}

/** Longest path of a unix socket in bytes, without the closing zero: 103 on macOS, 107 on Linux. Source: sys/un.h of both. */
const LONGEST = 103;

/**
 * Where the service of this state folder listens, and others look: `service.sock` in it. Where that path is too long
 * for a socket: a name made from the folder, in a folder of this user's own under the system's temporary one, which is
 * made if need be and refused (SocketFault) when somebody else could write to it.
 */
export async function socketPathOf(stateFolder: string): Promise<string> {
  const plain = join(stateFolder, "service.sock");
  if (Buffer.byteLength(plain) <= LONGEST) return plain;
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `attesta-${uid}`);
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    const advice = "Remove it, or choose a shorter `state.path`.";
    throw new SocketFault("socket_folder_unsafe", `${folder} is not a folder that only this user can open. ${advice}`);
  }
  return join(folder, `${createHash("sha256").update(stateFolder).digest("hex").slice(0, 24)}.sock`);
}

/** True when a process answers at this socket now. */
export function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

/** How long a service that took the connection may take to say what it is, in milliseconds. */
const SAYS_MS = 5000;
const health = z.object({ passing: z.boolean() });

/**
 * What listens at this socket: nobody, a service inside an agent's process that ends with it, or one that was started to
 * last. One that takes the connection and says nothing is taken for the latter: nobody should take its place.
 */
export function serviceAt(path: string): Promise<"none" | "passing" | "lasting"> {
  return new Promise((resolve) => {
    const options = { socketPath: path, path: "/healthz", headers: { host: "localhost" }, agent: false } as const;
    const sent = get({ ...options, signal: AbortSignal.timeout(SAYS_MS) }, (response) => {
      response.setEncoding("utf8");
      let text = "";
      response.on("data", (chunk: string) => {
        text = (text + chunk).slice(0, 1000);
      });
      response.once("end", () => resolve(isPassing(text) ? "passing" : "lasting"));
      response.once("error", () => resolve("none"));
    });
    sent.once("error", (error) => resolve(error.name === "AbortError" ? "lasting" : "none"));
  });
}

function isPassing(text: string): boolean {
  try {
    return health.parse(JSON.parse(text)).passing;
  } catch {
    return false;
  }
}

/** Removes what a killed service left at this path; throws SocketFault when a service answers there. */
export async function clearSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket() || (await isAnswered(path))) {
    const what = found.isSocket() ? "A service is listening" : "Something that is no socket stands";
    throw new SocketFault("socket_in_use", `${what} at ${path}: stop it, or choose another \`state.path\`.`);
  }
  await unlink(path);
}
