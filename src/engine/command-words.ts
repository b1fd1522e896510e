/** What a command that an agent chose is called: its first words, its program, and others like it. Runs nothing. */
import { foldText, isPlain } from "./plain-text.ts";

/** The beginning of a command, short enough to be typed. */
export interface CommandHead {
  /** As it stands in the command, for instance `terraform destroy`. */
  readonly text: string;
  /** Other texts that say the same: without the program's folder. */
  readonly accepted: readonly string[];
  /** What to type, in words. */
  readonly asked: string;
}

const MOST_CHARS = 60;
const SHELLS = new Set("sh bash dash zsh ksh ash fish csh tcsh pwsh powershell".split(" "));
/** Programs that only start another one. */
const WRAPPERS = new Set("sudo doas env nohup nice time exec command xargs timeout setsid npx".split(" "));
const SCRIPT_OPTION = /^-[a-z]*c(?:ommand)?$/u;

/** The words of a command; where a shell is told a script on its command line, the script's words. */
interface Words {
  readonly words: readonly string[];
  readonly isScript: boolean;
}

function wordsOf(command: string): Words {
  const words = command.split(/\s+/u).filter((word) => word !== "");
  if (!SHELLS.has(programName(words[0] ?? ""))) return { words, isScript: false };
  const option = words.slice(1).findIndex((word) => SCRIPT_OPTION.test(word.toLowerCase()));
  const script =
    option < 0
      ? []
      : words
          .slice(option + 2)
          .map(unquoted)
          .filter((word) => word !== "");
  return script.length === 0 ? { words, isScript: false } : { words: script, isScript: true };
}

function unquoted(word: string): string {
  return word.replace(/^["'({]+|["');}]+$/gu, "");
}

function programName(word: string): string {
  return foldText(word.slice(Math.max(word.lastIndexOf("/"), word.lastIndexOf("\\")) + 1).replace(/\.exe$/iu, ""));
}

/** The first two words, or one where there is no other or the second cannot be typed; undefined where none can. */
export function commandHead(command: string): CommandHead | undefined {
  const { words, isScript } = wordsOf(command);
  const [program = "", second] = words;
  const short = baseName(program);
  const whole = isScript ? "script that the shell runs" : "command that runs";
  const two = second === undefined ? [] : [`${program} ${second}`, `${short} ${second}`].filter(isTypable);
  const one = [program, short].filter(isTypable);
  const [text, ...others] = two.length > 0 ? two : one;
  if (text === undefined) return undefined;
  const accepted = [...new Set(others)].filter((other) => other !== text);
  return { text, accepted, asked: `the first ${two.length > 0 ? "two words" : "word"} of the ${whole}` };
}

function baseName(word: string): string {
  return word.slice(word.lastIndexOf("/") + 1);
}

function isTypable(text: string): boolean {
  return text.length <= MOST_CHARS && isPlain(text) && foldText(text).length > 1;
}

/** What names the command in an explanation: the program, of a shell the script's; undefined where nothing does. */
export function programOf(command: string): string | undefined {
  const { words } = wordsOf(command);
  let at = 0;
  while (at < words.length - 1) {
    const wordsTaken = startingWords(words[at] ?? "", at);
    if (wordsTaken === 0) break;
    at += wordsTaken;
  }
  const program = baseName(words[Math.min(at, words.length - 1)] ?? "");
  return foldText(program) === "" || !isPlain(program) ? undefined : program;
}

/** How many words only start the program: a shell, a wrapper, its options and durations, and variables set for it. */
function startingWords(word: string, at: number): number {
  const name = programName(word);
  if (SHELLS.has(name) || WRAPPERS.has(name) || /^[A-Z_][A-Z0-9_]*=/iu.test(word)) return 1;
  if (at === 0) return 0;
  if (/^-[ugnC]$/u.test(word)) return 2;
  return word.startsWith("-") || /^\d+[smhd]?$/u.test(word) ? 1 : 0;
}

const FAMILIES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    terraform: ["apply", "destroy", "plan", "import", "refresh"],
    tofu: ["apply", "destroy", "plan", "import", "refresh"],
    kubectl: ["apply", "delete", "get", "scale", "rollout"],
    helm: ["install", "upgrade", "rollback", "uninstall"],
    docker: ["run", "rm", "pull", "push", "build"],
    git: ["push", "pull", "fetch", "reset", "clean"],
    npm: ["publish", "install", "test", "run"],
    systemctl: ["start", "stop", "restart", "status"],
    aws: ["s3", "ec2", "iam", "rds", "eks"],
  }),
);
const PROGRAMS = ["terraform", "kubectl", "helm", "docker", "ansible-playbook", "systemctl", "psql", "git"];
const SCRIPTS = ["deploy", "migrate", "rollback", "restart", "cleanup", "backup", "restore"];

/** At least three other beginnings of commands that differ from this one in one place only. */
export function otherCommands(head: string): readonly string[] {
  const [program = "", ...rest] = head.split(" ");
  const family = FAMILIES.get(programName(program)) ?? [];
  if (rest.length > 0 && family.length > 0) return family.map((word) => `${program} ${word}`);
  const folder = program.slice(0, program.lastIndexOf("/") + 1);
  const ending = /\.[a-z]{1,4}$/iu.exec(program)?.[0] ?? "";
  const names = ending === "" ? PROGRAMS : SCRIPTS;
  return names.map((name) => [`${folder}${name}${ending}`, ...rest].join(" "));
}
