// What was found: the file, its sheet, its headings, its rows; each can be corrected where it was found wrongly.
import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { address, readJson } from '../api';
import { formatDay, formatNumber, formatTime } from '../format';
import { t } from '../i18n';
import { titleOfCollection } from '../edit/DataBrowser';
import { fetchMayAdd } from '../edit/editApi';
import { INTERVENTIONS } from '../edit/featureRef';
import { bringIn, importRequest } from '../edit/importEntry';
import { loadSchema, schemaOf } from '../edit/schemas';
import { Icon } from '../ui/Icon';
import { FilePicker } from '../edit/FilePicker';
import { optionsOf } from './fieldOptions';
import { rangeText, type ImportDocument, type ImportTable } from './importDocument';
import { chooseSheet, downloadRecipe, forgetUsed, giveAnswer, questions, usedRecipe } from './importSession';
import { listText, missingField, noteText, targetName } from './importTexts';

export function FileFacts({ now }: { now: ImportDocument }) {
  const [table, ...others] = now.tables;
  return (
    <section class="file" aria-labelledby="file-title">
      <h2 id="file-title">{t('bring.file')}</h2>
      <FileCard now={now} />
      {usedRecipe.value && <UsedRecipe />}
      <dl class="facts">
        <CollectionFact now={now} />
        {table && <TableFacts table={table} isTable={isTable(now)} />}
        <ConstantFacts now={now} />
        {others.length > 0 && <Fact name={t('fact.others')}>{listText(others.map(({ sheet }) => sheet ?? ''))}</Fact>}
      </dl>
    </section>
  );
}

function FileCard({ now: { file } }: { now: ImportDocument }) {
  const at = importRequest.value?.at ?? Date.now();
  return (
    <div class="file-card">
      <Icon name="file" />
      <div>
        <b>{file.name}</b>
        <p class="note">
          {t('bring.fileFacts', { size: formatBytes(file.bytes), time: formatTime(at) })} {t('bring.whereRead')}
        </p>
        <p class="file-ways">
          <FilePicker name={t('bring.other')} into={importRequest.value?.into} />
          <button type="button" class="link" id="recipe" title={t('recipe.note')} aria-describedby="recipe-note" onClick={() => void downloadRecipe()}>
            {t('recipe.download')}
          </button>
          <span class="unseen" id="recipe-note">
            {t('recipe.note')}
          </span>
        </p>
      </div>
    </div>
  );
}

/** "48 kB", "12.4 MB" */
export function formatBytes(bytes: number): string {
  const [value, unit] = bytes < 1e6 ? [Math.round(bytes / 1e3) || Math.sign(bytes), 'kB'] : [Math.round(bytes / 1e5) / 10, 'MB'];
  return `${formatNumber(value)} ${unit}`;
}

function UsedRecipe() {
  const { file, at } = usedRecipe.value!;
  return (
    <div class="hint">
      <p>{t('recipe.used', { file, when: formatDay(new Date(at).toISOString()) })}</p>
      <button type="button" class="link" onClick={() => void forgetUsed()}>
        {t('recipe.forget')}
      </button>
    </div>
  );
}

/** A fact; `edit` corrects it, behind a link. */
function Fact({ name, children, edit }: { name: string; children: ComponentChildren; edit?: ((done: () => void) => ComponentChildren) | null }) {
  const [open, setOpen] = useState(false);
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{open && edit ? edit(() => setOpen(false)) : children}</dd>
      {edit && (
        <dd class="fact-way">
          <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)}>
            {t(open ? 'fact.leave' : 'fact.change')}
            <span class="unseen">: {name}</span>
          </button>
        </dd>
      )}
    </div>
  );
}

interface ChoiceProps {
  name: string;
  value: string;
  options: readonly [string, string][];
  choose: (value: string) => void;
}

function FactChoice({ name, value, options, choose }: ChoiceProps) {
  return (
    <span class="select full">
      <select aria-label={name} value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {options.map(([id, label]) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </span>
  );
}

/** The encodings of Europe's offices. */
const ENCODINGS = 'utf-8 utf-16le windows-1250 windows-1252 windows-1253 iso-8859-2 iso-8859-7 iso-8859-15 cp850 cp852 macintosh'.split(' ');

/** Whether the file has rows of headings; others have properties with names. */
const isTable = ({ file, tables }: ImportDocument) =>
  tables.some(({ sheet, heading_rows: rows }) => sheet !== null || rows.length > 0) || ['csv', 'tsv', 'txt'].includes(file.format);

function TableFacts({ table, isTable: withHeadings }: { table: ImportTable; isTable: boolean }) {
  const { sheet, sheets = [], encoding, encoding_example: word, heading_rows: rows, merged_cells: merged, data_rows: data, columns, crs } = table;
  const readable = sheets.filter((one) => one.table || one.name === sheet);
  const at = sheets.findIndex(({ name }) => name === sheet);
  const sheetName = (name: string) => (sheets.find((one) => one.name === name)?.hidden ? t('fact.hiddenSheet', { sheet: name }) : name);
  const headings = rows.length ? rowsText(rows) : t('fact.noHeadings');
  return (
    <>
      {sheet !== null && (
        <Fact
          name={t('fact.sheet')}
          edit={
            readable.length > 1
              ? (done) => (
                  <FactChoice
                    name={t('fact.sheet')}
                    value={sheet}
                    options={readable.map(({ name }) => [name, sheetName(name)])}
                    choose={(name) => {
                      done();
                      void chooseSheet(name);
                    }}
                  />
                )
              : undefined
          }
        >
          {at < 0 || sheets.length < 2 ? <b>{sheet}</b> : t('fact.sheetOf', { sheet: sheetName(sheet), at: at + 1, all: sheets.length })}
        </Fact>
      )}
      {columns.length > 0 && (
        <>
          {withHeadings && (
            <Fact name={t('fact.headings')} edit={(done) => <HeadingRows now={rows} done={done} />}>
              {[headings, merged > 0 && t('fact.merged', { count: merged })].filter(Boolean).join(', ')}
            </Fact>
          )}
          <Fact name={t('fact.data')}>{[rowsText(data), t('fact.columns', { count: columns.length })].join(', ')}</Fact>
        </>
      )}
      {encoding && (
        <Fact
          name={t('fact.encoding')}
          edit={(done) => (
            <FactChoice
              name={t('fact.encoding')}
              value={encoding.toLowerCase()}
              options={[...new Set([encoding.toLowerCase(), ...ENCODINGS])].map((one) => [one, one])}
              choose={(one) => {
                done();
                void giveAnswer({ encoding: one });
              }}
            />
          )}
        >
          {word ? t('fact.proof', { encoding, word }) : encoding}
        </Fact>
      )}
      {crs && !questions.value.some(({ id }) => id === 'crs') && <Fact name={t('fact.crs')}>{`${crs.name} (${crs.code})`}</Fact>}
    </>
  );
}

/** "row 3", "rows 5–23" */
const rowsText = (rows: readonly number[]) => t('fact.rows', { rows: rangeText(rows), count: (rows.at(-1) ?? 0) - (rows[0] ?? 0) + 1 });

function HeadingRows({ now, done }: { now: number[]; done: () => void }) {
  const [text, setText] = useState(now.join('-'));
  const submit = (event: Event) => {
    event.preventDefault();
    const rows = text.replace(/[–—]/g, '-').replace(/\s/g, '');
    done();
    void giveAnswer({ header_rows: rows || null });
  };
  return (
    <form class="heading-rows" onSubmit={submit}>
      <label for="heading-rows">{t('fact.rowsHint')}</label>
      <span class="pair">
        <input
          id="heading-rows"
          class="input"
          value={text}
          pattern="\s*\d+\s*([\-–—]\s*\d+\s*)?"
          inputMode="numeric"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="button">
          {t('bring.apply')}
        </button>
      </span>
    </form>
  );
}

/** Fields that no column is: the value that all rows get, where no question asks for it. */
function ConstantFacts({ now }: { now: ImportDocument }) {
  const asked = new Set(questions.value.map(missingField));
  const values = Object.entries({ ...now.defaults, ...(now.answers.set as Record<string, string> | undefined) }).filter(([field]) => !asked.has(field));
  return (
    <>
      {values.map(([field, value]) => (
        <ConstantFact key={field} field={field} value={value} into={now.into} />
      ))}
    </>
  );
}

function ConstantFact({ field, value, into }: { field: string; value: string; into: string }) {
  const name = targetName(field, into);
  const options = optionsOf(field, into);
  const choose = (done: () => void) => (chosen: string) => {
    done();
    void giveAnswer({ set: { [field]: chosen } });
  };
  const label = options?.find(([code]) => code === value)?.[1] ?? value;
  return (
    <Fact name={name} edit={options && ((done) => <FactChoice name={name} value={value} options={options} choose={choose(done)} />)}>
      {t('fact.allRows', { value: label })}
    </Fact>
  );
}

/** Where the file goes. Another collection has other fields, so the file is sent again. */
function CollectionFact({ now: { into } }: { now: ImportDocument }) {
  const [list, setList] = useState<[string, string][] | null>(null);
  const change = (id: string) => {
    if (importRequest.value) bringIn(importRequest.value.file, id);
  };
  const load = () => {
    if (!list) void loadTargets().then(setList);
    return <FactChoice name={t('fact.into')} value={into} options={list ?? [[into, titleOfCollection(schemaOf(into), into)]]} choose={change} />;
  };
  return (
    <Fact name={t('fact.into')} edit={load}>
      <b>{titleOfCollection(schemaOf(into), into)}</b>
    </Fact>
  );
}

/** The collections that the account may add to, with their titles. */
async function loadTargets(): Promise<[string, string][]> {
  const response = await fetch(address('api/collections?f=json')).catch(() => null);
  const body = response?.ok ? await readJson<{ collections: { id: string }[] }>(response) : null;
  const ids = body?.collections.map(({ id }) => id) ?? [INTERVENTIONS];
  const open = await Promise.all(ids.map(async (id) => ((await fetchMayAdd(id)) ? id : null)));
  const may = open.filter((id) => id !== null);
  await Promise.all(may.map(loadSchema));
  return may.map((id) => [id, titleOfCollection(schemaOf(id), id)]);
}

/** What was done with rows and columns that is not seen in the table. */
export function FileNotes({ now: { tables, findings = [] } }: { now: ImportDocument }) {
  const notes = tables.flatMap((table) => table.notes ?? []);
  const ofFile = findings.filter(({ row }) => typeof row !== 'number');
  if (!notes.length && !ofFile.length) return null;
  return (
    <section aria-labelledby="notes-title">
      <h2 id="notes-title">{t('bring.notes')}</h2>
      <ul class="import-notes">
        {ofFile.map(({ message }) => (
          <li key={message} lang="en">
            {message}
          </li>
        ))}
        {notes.map((note) => {
          const { text, lang } = noteText(note);
          return (
            <li key={note.id + note.sentence} lang={lang}>
              {text}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
