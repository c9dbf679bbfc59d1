// Recipes: the answers that read a file, stored on this device by the form of its headings, for the next file of the
// same form. Nothing of the file's cells is stored.
import type { ImportAnswers, ImportDocument } from './importDocument';

export interface StoredRecipe {
  /** Where the file goes, and its headings. */
  form: string;
  /** The name of the file that was answered. */
  file: string;
  /** When, in milliseconds. */
  at: number;
  answers: ImportAnswers;
}

const MAX_RECIPES = 12;
/** Answers about single cells and rows of one file. */
const OF_ONE_FILE = ['cells', 'places', 'cityheart_recipe'];

/** The form of a file: two files of one form ask the same questions. Null before the headings are found. */
export function formOf({ into, tables }: Pick<ImportDocument, 'into' | 'tables'>): string | null {
  const headings = tables.flatMap(({ columns }) => columns.map((column) => column.headings.join('\n') || column.heading));
  return headings.length ? JSON.stringify([into, ...headings.map((heading) => heading.trim().toLowerCase())]) : null;
}

/** The answers that hold for another file of the same form. */
export const recipeOf = (answers: ImportAnswers): ImportAnswers =>
  Object.fromEntries(Object.entries(answers).filter(([name, value]) => !OF_ONE_FILE.includes(name) && value !== null));

/** The newest recipes, each form once. */
export function withRecipe(recipes: readonly StoredRecipe[], added: StoredRecipe): StoredRecipe[] {
  return [added, ...recipes.filter(({ form }) => form !== added.form)].slice(0, MAX_RECIPES);
}

const storageName = (login: string) => `cityheart.recipes.${encodeURIComponent(login)}`;

export function loadRecipes(login: string): StoredRecipe[] {
  try {
    const stored = JSON.parse(localStorage.getItem(storageName(login)) ?? '[]') as unknown;
    return Array.isArray(stored) ? stored.filter(isRecipe) : [];
  } catch {
    return []; // storage is forbidden, or the stored text is not ours
  }
}

const isRecipe = (one: unknown): one is StoredRecipe =>
  typeof one === 'object' &&
  one !== null &&
  'form' in one &&
  typeof one.form === 'string' &&
  'answers' in one &&
  typeof one.answers === 'object' &&
  !!one.answers;

/** Without storage the next file asks again. */
function storeRecipes(login: string, recipes: readonly StoredRecipe[]): void {
  try {
    if (recipes.length) localStorage.setItem(storageName(login), JSON.stringify(recipes));
    else localStorage.removeItem(storageName(login));
  } catch {
    // storage is full or forbidden
  }
}

export const findRecipe = (login: string, form: string): StoredRecipe | undefined => loadRecipes(login).find((one) => one.form === form);

export function rememberRecipe(login: string, recipe: StoredRecipe): void {
  if (Object.keys(recipe.answers).length) storeRecipes(login, withRecipe(loadRecipes(login), recipe));
}

export function forgetRecipe(login: string, form: string): void {
  storeRecipes(
    login,
    loadRecipes(login).filter((one) => one.form !== form),
  );
}
