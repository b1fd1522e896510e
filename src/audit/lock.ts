/** Opens a file so that only one process writes it. The kernel frees the lock when the process ends, however it ends. */
import { hash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { AuditFault, errnoOf } from "./fault.ts";

/** An open file that no other process on this machine has open through `openLocked`. */
export interface LockedFile {
  readonly handle: FileHandle;
  readonly created: boolean;
  /** Closes the file and frees the lock. */
  close(): Promise<void>;
}

/** `exlock`: open(2) takes the lock (macOS, BSD). `socket`: an abstract socket named after the file (Linux). */
type LockWay = "exlock" | "socket" | "none";

/** O_EXLOCK of open(2). Source: sys/fcntl.h of Darwin and of the BSDs; Node passes it on but does not name it. */
const O_EXLOCK = 0x20;
/** All of sun_path, the leading NUL included: shorter names are padded differently by different Node versions (measured). */
const SOCKET_NAME_LENGTH = 108;

/** How a platform keeps a second writer out. */
export function lockWay(platform: NodeJS.Platform): LockWay {
  if (platform === "linux" || platform === "android") return "socket";
  if (platform === "darwin" || platform === "freebsd" || platform === "openbsd" || platform === "netbsd")
    return "exlock";
  return "none";
}

/** Opens `path` for appending, creating it with mode 0600. Throws AuditFault `locked` if another opener has it. */
export async function openLocked(path: string, create: boolean): Promise<LockedFile> {
  const way = lockWay(process.platform);
  if (way === "none") throw new AuditFault("path", `no way to lock a file is known on ${process.platform}`);
  const flags =
    constants.O_RDWR | constants.O_APPEND | (way === "exlock" ? O_EXLOCK | constants.O_NONBLOCK : constants.O_NONBLOCK);
  const { handle, created } = await openOrCreate(path, flags, create);
  try {
    const status = await handle.stat({ bigint: true });
    if (!status.isFile()) throw new AuditFault("path", `${path} is not a regular file: set audit.path to a file`);
    const server = way === "socket" ? await bind(`${status.dev}-${status.ino}`, path) : undefined;
    return { handle, created, close: () => closeAll(handle, server) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openOrCreate(
  path: string,
  flags: number,
  create: boolean,
): Promise<{ readonly handle: FileHandle; readonly created: boolean }> {
  try {
    return { handle: await open(path, flags), created: false };
  } catch (error) {
    if (errnoOf(error) === "EAGAIN" || errnoOf(error) === "EWOULDBLOCK") throw locked(path, error);
    if (errnoOf(error) !== "ENOENT" || !create) throw error;
  }
  try {
    return { handle: await open(path, flags | constants.O_CREAT | constants.O_EXCL, 0o600), created: true };
  } catch (error) {
    if (errnoOf(error) === "EEXIST") throw locked(path, error);
    throw error;
  }
}

/** Named after device and inode, so that links and other spellings of the path meet the same lock. */
function bind(identity: string, path: string): Promise<Server> {
  const name = `\0attesta-audit-${hash("sha256", identity, "hex")}`.padEnd(SOCKET_NAME_LENGTH, "-");
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error) => reject(errnoOf(error) === "EADDRINUSE" ? locked(path, error) : error));
    server.listen({ path: name, exclusive: true }, () => {
      server.unref();
      resolve(server);
    });
  });
}

function locked(path: string, cause: unknown): AuditFault {
  return new AuditFault(
    "locked",
    `${path} is being written by another process: stop that one, or give this one another audit.path`,
    { cause },
  );
}

async function closeAll(handle: FileHandle, server: Server | undefined): Promise<void> {
  await handle.close();
  if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
}
