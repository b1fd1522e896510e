/** What somebody typed, as a choice: letters and numbers become what they stand for. It grades nothing. */
import type { DenyReason } from "../../engine/model.ts";

/** `A` for 0. Quiz options have at most five. */
export function letterOf(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

/** The option that a letter stands for, or the typed text as it is. */
export function chosenText(typed: string, options: readonly string[]): string {
  const text = typed.trim();
  if (!/^[A-Za-z][.)]?$/.test(text) || options.includes(text)) return text;
  const index = text.toUpperCase().charCodeAt(0) - "A".charCodeAt(0);
  return options[index] ?? text;
}

/** The reason with this number (from 1) or these words; undefined when there is none. */
export function chosenReason(
  typed: string,
  reasons: readonly { readonly code: DenyReason; readonly label: string }[],
): DenyReason | undefined {
  const text = typed.trim().toLowerCase();
  const byNumber = /^\d{1,2}$/.test(text) ? reasons[Number(text) - 1] : undefined;
  return (byNumber ?? reasons.find(({ code, label }) => text === code || text === label.toLowerCase()))?.code;
}

/** The item with this number (from 1), or the one whose id this is or begins with, where that is one only. */
export function chosenItem<T extends { readonly requestId: string }>(
  typed: string,
  items: readonly T[],
): T | undefined {
  const text = typed.trim();
  if (/^\d{1,3}$/.test(text)) return items[Number(text) - 1];
  const meant = items.filter(
    ({ requestId }) => text.length >= 4 && requestId.toLowerCase().startsWith(text.toLowerCase()),
  );
  return meant.length === 1 ? meant[0] : undefined;
}

/** A menu's letter: the first letter of what was typed, where the menu has it. */
export function menuLetter<L extends string>(typed: string, letters: readonly L[]): L | undefined {
  const text = typed.trim().toLowerCase();
  return letters.find((letter) => letter === text);
}
