/** Draws neutral cards, forms and lists as terminal text. Nothing from outside reaches the terminal but as visible characters. */
import type { Card, CardRow, Inbox, InboxItem, Line, ReviewForm, Span } from "../../bot/surface.ts";
import { durationWords, TERMINAL } from "../../bot/text.ts";
import { visibleText } from "../../engine/visible.ts";

/** How the reader's terminal is. */
export interface Look {
  /** Width in characters; 40 and more is laid out well, less still works. */
  readonly columns: number;
  readonly color: boolean;
  /** The store's clock. */
  readonly nowMs: number;
  /** IANA name; undefined: the machine's own zone. */
  readonly timeZone: string | undefined;
}

interface Cell {
  readonly label: string;
  readonly text: string;
}

const NARROW = 60;
const WIDEST = 100;
const LABEL_MOST = 24;
const GUTTER = "| ";

/** The channel's message. */
export function renderCard(card: Card, look: Look): string {
  const body = card.sections.flatMap((section) => [
    "",
    bold(safe(section.title), look),
    table(
      section.rows.map((row) => cellOf(row, look)),
      look,
    ),
  ]);
  const footer = card.footer.map((line) => wrapped(renderLine(line, look), look));
  return [...heading(card, look), ...body, "", ...footer].join("\n");
}

/** What is reviewed, as whom, and what the service worked out; the pages follow one by one. */
export function renderForm(form: ReviewForm, look: Look): string {
  const about = table(
    form.about.map((row) => cellOf(row, look)),
    look,
  );
  const role = wrapped(renderLine(form.role, look), look);
  return [wrapped(renderLine(form.headline, look), look), "", about, "", role].join("\n");
}

/** One page of evidence; `index` counts from 0. A value on several lines stands behind a gutter, so that it cannot pass for a field. */
export function renderPage(form: ReviewForm, index: number, look: Look): string {
  const page = form.pages[index];
  if (page === undefined) return "";
  const title = `${TERMINAL.page(index + 1, form.pages.length)}  ${safe(page.title)}`;
  const cells = page.rows.map((row) => ({
    label: row.label,
    text: safeLines(row.isPrivate ? `${row.text}\n${TERMINAL.onlyReviewers}` : row.text),
  }));
  return [bold(title, look), table(cells, look)].join("\n");
}

/** What waits, numbered from 1 in the order that `numberedItems` gives. */
export function renderInbox(inbox: Inbox, look: Look): string {
  const roles = inbox.roles.map((line) => renderLine(line, look)).join(", ");
  const numbered = numberedItems(inbox);
  const part = (title: string, list: keyof Inbox["more"]) => {
    const lines = inbox[list].flatMap((item) => itemLines(item, numbered.indexOf(item) + 1, look));
    const more = inbox.more[list] === 0 ? [] : [`    ${TERMINAL.more(inbox.more[list])}`];
    return lines.length === 0 ? [] : ["", bold(title, look), ...lines, ...more];
  };
  return [
    wrapped(`${renderLine(inbox.you, look)}: ${roles}`, look),
    ...(inbox.waitingForYou.length === 0 ? ["", TERMINAL.nothing] : []),
    ...part(TERMINAL.waitingForYou, "waitingForYou"),
    ...part(TERMINAL.waitingForOthers, "waitingForOthers"),
    ...part(TERMINAL.yourAgents, "yourAgents"),
    ...part(TERMINAL.decided, "decided"),
  ].join("\n");
}

/** Everything that can be picked by number. */
export function numberedItems(inbox: Inbox): readonly InboxItem[] {
  return [...inbox.waitingForYou, ...inbox.waitingForOthers, ...inbox.yourAgents, ...inbox.decided];
}

function itemLines(item: InboxItem, number: number, look: Look): readonly string[] {
  const left = item.deadlineMs === undefined ? "" : leftWords(item.deadlineMs, look);
  const text = wrapped(`${String(number).padStart(2)}  ${renderLine(item.headline, look)}${left}`, look, 4);
  return [text, `    ${safe(item.requestId)}`];
}

function heading(card: Card, look: Look): readonly string[] {
  return [wrapped(renderLine(card.headline, look), look), wrapped(renderLine(card.subline, look), look)];
}

/** One line of spans: no line breaks, no control characters; moments in the reader's zone. */
export function renderLine(line: Line, look: Look): string {
  return line.map((span) => renderSpan(span, look)).join("");
}

function renderSpan(span: Span, look: Look): string {
  if (typeof span === "string") return safe(span);
  if ("strong" in span) return bold(safe(span.strong), look);
  if ("agentSaid" in span) return safe(span.agentSaid);
  if ("role" in span) return safe(span.title);
  if ("name" in span) return safe(span.name);
  if ("link" in span) return `${safe(span.text)} (${safe(span.link)})`;
  const clock = clockWords(span.atMs, span.show === "date", look);
  return span.show === "clock_and_left" ? `${clock}${leftWords(span.atMs, look)}` : clock;
}

/** A moment in the reader's zone: `10:35:00`, with the day where asked. */
export function clockWords(atMs: number, withDay: boolean, { timeZone }: Look): string {
  const zone = timeZone === undefined ? {} : { timeZone };
  const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", ...zone }).format(atMs);
  return withDay ? `${new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", ...zone }).format(atMs)} ${time}` : time;
}

function leftWords(atMs: number, { nowMs }: Look): string {
  return atMs <= nowMs ? TERMINAL.timeOver : TERMINAL.timeLeft(durationWords(atMs - nowMs));
}

function cellOf(row: CardRow, look: Look): Cell {
  return { label: row.label, text: renderLine(row.text, look) };
}

/** Two columns; on a narrow terminal the value stands under its label. */
function table(cells: readonly Cell[], look: Look): string {
  const width = widthOf(look);
  const labels = cells.map((cell) => safe(cell.label));
  const column = Math.min(LABEL_MOST, Math.max(0, ...labels.map((label) => label.length))) + 2;
  return cells
    .map(({ text }, index) => {
      const label = labels[index] ?? "";
      const fits = !text.includes("\n") && lengthOf(text) <= width - column;
      const isStacked = label.length > LABEL_MOST || (look.columns < NARROW && !fits);
      const indent = isStacked ? 2 : column;
      const lines = valueLines(text, Math.max(8, width - indent));
      const [first = "", ...others] = lines;
      const rest = others.map((line) => `${" ".repeat(indent)}${line}`);
      if (!isStacked) return [`${label.padEnd(column)}${first}`, ...rest].join("\n");
      return [...wrap(label, width), `${" ".repeat(indent)}${first}`, ...rest].join("\n");
    })
    .join("\n");
}

/** Lines of a value. More than one of its own stand behind a gutter. */
function valueLines(text: string, width: number): readonly string[] {
  const own = text.split("\n");
  if (own.length === 1) return wrap(own[0] ?? "", width);
  return own.flatMap((line) => wrap(line, width - GUTTER.length).map((piece) => `${GUTTER}${piece}`));
}

/** Text from outside on one line: what a terminal would obey is shown as a mark instead. */
export function safe(text: string): string {
  return visibleText(text);
}

function safeLines(text: string): string {
  return visibleText(text, { keepLines: true }).replaceAll("\t", "    ");
}

const BOLD = "\u001b[1m";
const PLAIN = "\u001b[0m";

function bold(text: string, { color }: Look): string {
  return color ? `${BOLD}${text}${PLAIN}` : text;
}

function widthOf({ columns }: Pick<Look, "columns">): number {
  return Math.min(WIDEST, Math.max(20, columns));
}

/** A drawn line, broken at blanks to the terminal's width. */
export function wrapText(text: string, look: Pick<Look, "columns">): string {
  return wrap(text, widthOf(look)).join("\n");
}

function wrapped(text: string, look: Look, indent = 0): string {
  const [first = "", ...others] = wrap(text, widthOf(look) - indent);
  return [first, ...others.map((line) => `${" ".repeat(indent)}${line}`)].join("\n");
}

/** At blanks where there are some, inside a long word where there are none; nothing is left out. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of text.split(/(?<= )/).flatMap((word) => cut(word, width))) {
    if (line !== "" && lengthOf(line + piece.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
  }
  return [...lines, line.trimEnd()];
}

function cut(word: string, width: number): readonly string[] {
  if (lengthOf(word) <= width) return [word];
  const characters = [...word];
  const count = Math.ceil(characters.length / width);
  return Array.from({ length: count }, (_, index) => characters.slice(index * width, (index + 1) * width).join(""));
}

/** Without our own colour codes, which take no room. */
function lengthOf(text: string): number {
  return text.replaceAll(BOLD, "").replaceAll(PLAIN, "").length;
}
