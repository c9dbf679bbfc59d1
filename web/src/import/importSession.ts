// The import that is open: its file, what the service says of it, and the actions on it. Answers are sent one after the
// other, so that the service's last word is the newest.
import { batch, computed, signal } from '@preact/signals';
import { downloadFile } from '../export';
import { t } from '../i18n';
import { announcement, filter } from '../state';
import { reloadPlan } from '../state/planChanges';
import { account } from '../state/session';
import { recordCommitted } from '../edit/commit';
import { contentOf } from '../edit/editApi';
import type { FeatureChange } from '../edit/featureChange';
import { refOf } from '../edit/featureRef';
import { closeImport, importRequest, showSaved, type ImportRequest } from '../edit/importEntry';
import { editableCities } from '../edit/permissions';
import { loadSchema } from '../edit/schemas';
import { askToSignIn, sessionEnded } from '../edit/signInRequest';
import {
  commitImport,
  fetchRecipe,
  patchAnswers,
  removeImport,
  uploadFile,
  type CommittedImport,
  type RequestFailure,
  type UploadProgress,
} from './importRequests';
import {
  blockingQuestion,
  guessedAnswers,
  holdsAnswer,
  isAnswered,
  joinAnswers,
  keepAnswered,
  shownQuestions,
  type ImportAnswers,
  type ImportDocument,
  type ImportQuestion,
} from './importDocument';
import { findRecipe, forgetRecipe, formOf, recipeOf, rememberRecipe, type StoredRecipe } from './recipes';
import { missingField, outcomeText } from './importTexts';

/** What the service says of the file; null while it is on its way. */
export const imported = signal<ImportDocument | null>(null);
/** How much of the file is sent; null when nothing is on its way. */
export const upload = signal<UploadProgress | null>(null);
/** Why the last request has no answer. */
export const importFailure = signal<RequestFailure | null>(null);
/** The questions to show, with those answered before. */
export const questions = signal<readonly ImportQuestion[]>([]);
/** How many answers are on their way. */
export const pendingAnswers = signal(0);
export const saving = signal(false);
/** Whether features that the file does not name are deleted. */
export const removeMissing = signal(false);
/** The recipe of an earlier file that was used. */
export const usedRecipe = signal<StoredRecipe | null>(null);
/** The row whose place the person shows on the map. */
export const pickedRow = signal<{ cell: string; title: string } | null>(null);

/** The question that must be answered before anything can be saved. */
export const blocking = computed(() => {
  const answers = imported.value?.answers ?? {};
  return blockingQuestion(shownQuestions(questions.value, answers), answers);
});

const login = () => account.value?.login ?? '';

let uploading = new AbortController();
/** Counts imports; an answer to an earlier one is dropped. */
let round = 0;

/** Sends the file. An import that was open is forgotten. */
export async function startImport({ file, into }: ImportRequest, answers: ImportAnswers = {}): Promise<void> {
  dropImport();
  const mine = ++round;
  uploading = new AbortController();
  upload.value = { sent: 0, total: file.size };
  announcement.value = t('bring.sending', { file: file.name });
  const [result] = await Promise.all([uploadFile(file, into, (now) => mine === round && showProgress(now), uploading.signal), loadSchema(into)]);
  if (mine !== round) {
    if (result.ok) void removeImport(result.value.id);
    return;
  }
  upload.value = null;
  if (!result.ok) return fail(result);
  showDocument(result.value);
  if (Object.keys(answers).length) await giveAnswer(answers);
  else await applyKnown();
}

const ANNOUNCED_PART = 0.25;

function showProgress(now: UploadProgress): void {
  const part = ({ sent, total }: UploadProgress) => (total ? Math.floor(sent / total / ANNOUNCED_PART) : 0);
  if (upload.value && part(now) > part(upload.value)) announcement.value = t('bring.sentPart', { percent: Math.round((100 * now.sent) / now.total) });
  upload.value = now;
}

/** Stops an upload, and makes the service forget a file that it has. */
function dropImport(): void {
  round += 1;
  uploading.abort();
  if (imported.value) void removeImport(imported.value.id);
  batch(() => {
    [imported.value, upload.value, importFailure.value, questions.value, usedRecipe.value, pickedRow.value] = [null, null, null, [], null, null];
    [removeMissing.value, saving.value] = [false, false];
  });
}

/** Called when the assistant closes. */
export function leaveImport(): void {
  if (imported.value || upload.value) announcement.value = t('bring.cancelled');
  dropImport();
}

function showDocument(now: ImportDocument): void {
  batch(() => {
    const before = imported.value?.id === now.id ? questions.value : [];
    imported.value = now;
    questions.value = keepAnswered(before, now.questions, now.answers);
    importFailure.value = null;
    announcement.value = outcomeText(now);
  });
}

function fail({ kind, sentence }: RequestFailure): void {
  if (kind === 'cancelled') return;
  importFailure.value = { kind, sentence };
  if (kind !== 'signed-out') return;
  sessionEnded.value = true;
  askToSignIn(t('bring.signIn'));
}

/** Gives the answers of an earlier file of this form, and the city that the page shows where no column says it. */
async function applyKnown(): Promise<void> {
  const now = imported.value;
  const form = now && formOf(now);
  const recipe = form ? findRecipe(login(), form) : undefined;
  if (now && recipe && recipe !== usedRecipe.value) {
    usedRecipe.value = recipe;
    await giveAnswer(recipe.answers);
  }
  await sayCity();
}

/** The city that the page shows, or the only one of the account, is the guess where no column says it. */
async function sayCity(): Promise<void> {
  const city = filter.value.city || (account.value?.cities.length === 1 ? account.value.cities[0]! : '');
  const missing = questions.value.find((one) => missingField(one) === 'city');
  if (!missing || !imported.value || isAnswered(missing, imported.value.answers) || hasConstant('city')) return;
  const guess = missing.choices.findIndex(({ answer }) => holdsAnswer(answer, { set: { city } }));
  const isOpen = missing.choices.length ? guess >= 0 && guess !== missing.chosen : editableCities(account.value, [city]).length > 0;
  if (!city || !isOpen) return;
  questions.value = questions.value.filter((one) => one !== missing); // it is told beside the file
  await giveAnswer({ set: { city } });
}

const hasConstant = (field: string) => typeof imported.value?.answers.set === 'object' && field in (imported.value.answers.set ?? {});

let lastAnswer: Promise<unknown> = Promise.resolve();

/** Sends answers after those that are on their way. */
export function giveAnswer(...parts: ImportAnswers[]): Promise<void> {
  const mine = round;
  pendingAnswers.value += parts.length;
  const sent = lastAnswer.then(async () => {
    for (const part of parts) {
      const id = imported.value?.id;
      if (mine === round && id) {
        const result = await patchAnswers(id, part);
        if (mine === round) result.ok ? showDocument(result.value) : fail(result);
      }
      pendingAnswers.value -= 1;
    }
  });
  lastAnswer = sent;
  return sent;
}

/** A sheet that was chosen may have headings of a known form. */
export async function chooseSheet(sheet: string): Promise<void> {
  await giveAnswer({ sheet });
  if (!usedRecipe.value) await applyKnown();
}

/**
 * Takes back the correction of one cell, or the place of one row: all are taken back, the others given again, as null
 * stands for an empty cell there.
 */
export function takeBack(kind: 'cells' | 'places', name: string): Promise<void> {
  const all = Object.entries((imported.value?.answers[kind] ?? {}) as Record<string, unknown>);
  const rest = Object.fromEntries(all.filter(([one]) => one !== name));
  return giveAnswer({ [kind]: null }, ...(Object.keys(rest).length ? [{ [kind]: rest }] : []));
}

/** Forgets the recipe that was used, here and for later files. */
export async function forgetUsed(): Promise<void> {
  const recipe = usedRecipe.value;
  if (!recipe) return;
  forgetRecipe(login(), recipe.form);
  usedRecipe.value = null;
  await giveAnswer(Object.fromEntries(Object.keys(recipe.answers).map((name) => [name, null])));
}

/** Downloads the answers as a recipe: those given, and the guesses that are shown. */
export async function downloadRecipe(): Promise<void> {
  const now = imported.value;
  if (!now) return;
  const result = await fetchRecipe(now.id);
  if (!result.ok) {
    fail(result);
    return;
  }
  const recipe = joinAnswers(recipeOf(guessedAnswers(questions.value, now.answers)), result.value);
  downloadFile(`${now.file.name.replace(/\.\w+$/, '')}.recipe.json`, `${JSON.stringify(recipe, null, 2)}\n`, 'application/json');
}

/** Sends the file once more, with the answers given so far. */
export function sendAgain(): void {
  const request = importRequest.value;
  const answers = imported.value?.answers ?? {};
  imported.value = null; // the service has forgotten it
  if (request) void startImport(request, answers);
}

/** Confirms the guesses that are shown, and saves all of it as one change set. */
export async function saveImport(): Promise<void> {
  if (saving.value || !imported.value) return;
  const mine = round;
  saving.value = true;
  announcement.value = t('bring.saving');
  const isConfirmed = await confirmGuesses();
  const now = imported.value;
  if (mine !== round || !now) return;
  const result = isConfirmed ? await commitImport(now.id, removeMissing.value) : null;
  if (mine !== round) return;
  saving.value = false;
  if (!result) return;
  if (result.ok) {
    finish(now, result.value);
    return;
  }
  if (result.kind === 'conflict') {
    const again = await patchAnswers(now.id, {}); // compares the file with the plan of now
    if (again.ok && mine === round) showDocument(again.value);
  }
  fail(result);
}

/** Makes the guesses that are shown answers. False when there is something new to look at first. */
async function confirmGuesses(): Promise<boolean> {
  await lastAnswer;
  importFailure.value = null;
  const seen = imported.value;
  if (!seen) return false;
  const guessed = guessedAnswers(shownQuestions(questions.value, seen.answers), seen.answers);
  if (Object.keys(guessed).length) await giveAnswer(guessed);
  if (importFailure.value) return false;
  if (imported.value?.state === 'asking') {
    document.getElementById('questions-title')?.focus(); // what was answered led to another question
    return false;
  }
  // Guesses are in the outcome already: what differs now was changed by others and seen by nobody.
  const isSeen = outcomeKey(imported.value) === outcomeKey(seen);
  if (!isSeen) fail({ kind: 'outdated', sentence: '' });
  return isSeen;
}

/** The changes as the person sees them. The id of a new feature is not final before it is saved. */
const outcomeKey = (now: ImportDocument | null) =>
  JSON.stringify(now?.outcome?.changes.map(({ kind, feature, row, fields, conflicts }) => [kind === 'new' ? row : feature, fields, conflicts]));

function finish(now: ImportDocument, committed: CommittedImport): void {
  const form = formOf(now);
  const answers = recipeOf(committed.recipe ?? now.answers);
  if (form) rememberRecipe(login(), { form, file: now.file.name, at: Date.now(), answers });
  const step = { label: t('bring.label', { file: now.file.name }), changes: changesOf(now.into, committed) };
  dropImport();
  if (step.changes.length) {
    recordCommitted(step);
    showSaved({ step, changed: committed.changed, created: committed.new });
    return;
  }
  announcement.value = step.label;
  closeImport();
  void reloadPlan();
}

function changesOf(into: string, { results = [], revision }: CommittedImport): FeatureChange[] {
  return results.map(({ id, etag, before, after }) => ({
    id: refOf(into, id),
    base: before ? contentOf(before, into) : null,
    now: after ? contentOf(after, into) : null,
    etag: etag ?? null,
    revision,
  }));
}

/** Puts the place of the picked row where the person pointed. */
export function placePicked(lonlat: readonly number[]): void {
  const cell = pickedRow.value?.cell;
  pickedRow.value = null;
  if (cell) void giveAnswer({ places: { [cell]: lonlat.map((degrees) => Math.round(degrees * 1e6) / 1e6) } });
}
