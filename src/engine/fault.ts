/** Which errors are the world failing: typed, with a stable code. Everything else is a bug and goes on. */

/** True for a fault. Node's own `ERR_...` codes tell of wrong calls, which are bugs; its errno names are the world. */
export function isFault(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string" && !error.code.startsWith("ERR_");
}
