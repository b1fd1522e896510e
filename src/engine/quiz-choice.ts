/** Which of the possible questions are asked: what must be asked, then templates, then by the seed. Makes no questions. */
import type { ChallengeOptions, Subject } from "./challenge-model.ts";
import { isSameName } from "./name.ts";
import type { Candidate } from "./quiz-candidates.ts";
import { argumentText, scanText } from "./scan.ts";
import { type Draws, drawsFrom } from "./shuffle.ts";
import { nameForm } from "./template.ts";

/** With fewer, a guess passes too often: the next harder challenge is asked. */
export const LEAST_QUESTIONS = 2;

type IsUsed = (candidate: Candidate) => boolean;

/**
 * One is about what is acted on or where, one about the argument that raised the score most, one about a command that
 * the agent chose; these are asked even where they are more than wanted. The rest: templates in their order, then
 * others as the seed draws them, since the agent chose names and order of the arguments. Questions not asked before
 * come first.
 */
export function chooseQuestions(
  candidates: readonly Candidate[],
  subject: Subject,
  choosing: Pick<ChallengeOptions, "questions" | "used" | "seed">,
): readonly Candidate[] {
  const draws = drawsFrom(choosing.seed, "questions", ...choosing.used);
  const isUsed: IsUsed = ({ id }) => choosing.used.includes(id);
  const pool = inTurn(candidates, isUsed, draws);
  const riskiest = aboutRiskiest(pool, { names: riskiestNames(subject), isUsed, draws });
  const target = aboutTarget(pool, riskiest, isUsed);
  const command = pool.find(({ source }) => source === "command");
  const needed = oneEach([command, target, riskiest].filter((one) => one !== undefined));
  const most = Math.max(LEAST_QUESTIONS, choosing.questions, needed.length);
  const kept = new Set(oneEach([...needed, ...pool]).slice(0, most));
  return candidates.filter((one) => kept.has(one));
}

/** The first of each text. */
export function oneEach(candidates: readonly Candidate[]): readonly Candidate[] {
  const firsts = new Map<string, Candidate>();
  for (const one of candidates) if (!firsts.has(one.text)) firsts.set(one.text, one);
  return [...firsts.values()];
}

/** New ones before used ones, each with templates in their order and then the others in a drawn one. */
function inTurn(candidates: readonly Candidate[], isUsed: IsUsed, draws: Draws): readonly Candidate[] {
  const prepared = candidates.filter(({ source }) => source === "template");
  const made = draws.shuffled(candidates.filter(({ source }) => source !== "template"));
  const all = [...prepared, ...made];
  return [...all.filter((one) => !isUsed(one)), ...all.filter(isUsed)];
}

interface Riskiest {
  readonly names: readonly string[];
  readonly isUsed: IsUsed;
  readonly draws: Draws;
}

/** Of the arguments that raised the score most, a drawn one that was not asked about before, if there is one. */
function aboutRiskiest(pool: readonly Candidate[], { names, isUsed, draws }: Riskiest): Candidate | undefined {
  const forms = [...new Set(names.map(nameForm))];
  const each = forms.flatMap((form) => pool.find(({ about }) => about.includes(form)) ?? []);
  const drawn = draws.shuffled(each);
  return drawn.find((one) => !isUsed(one)) ?? drawn[0];
}

/** The riskiest argument and those in which the same is found. */
function riskiestNames({ riskiestArgument: riskiest, arguments: args, freeText }: Subject): readonly string[] {
  if (riskiest === undefined) return [];
  const found = Object.entries(args).map(([name, value]) => {
    const isProse = freeText.some((declared) => isSameName(declared, name));
    return { name, ...scanText(argumentText(name, value), isProse) };
  });
  const worst = found.find(({ name }) => name === riskiest);
  if (worst?.what === undefined) return [riskiest];
  return found.filter(({ score }) => score === worst.score).map(({ name }) => name);
}

/**
 * A template where there is one, best one that is about the riskiest argument as well; else one about a thing, in drawn
 * order; else the environment; else what is asked about the riskiest argument anyway. New ones before used ones.
 */
function aboutTarget(
  pool: readonly Candidate[],
  riskiest: Candidate | undefined,
  isUsed: IsUsed,
): Candidate | undefined {
  const rank = (one: Candidate): number => {
    if (one.source === "template") return one === riskiest ? -1 : isUsed(one) ? 4 : 0;
    const kind = one === riskiest ? 3 : one.source === "environment" ? 2 : 1;
    return isUsed(one) ? kind + 4 : kind;
  };
  return pool.filter((one) => one.aboutTarget).sort((a, b) => rank(a) - rank(b))[0];
}
