// The file as a table: its own headings, our fields below them, its rows. Only exceptions are marked. A refusal stands
// under its row, with the ways on.
import { useState } from 'preact/hooks';
import { formatNumber } from '../format';
import { t } from '../i18n';
import { plan } from '../state';
import { groupOf } from '../symbology';
import { Icon } from '../ui/Icon';
import { StatusSymbol } from '../ui/Symbol';
import { INTERVENTIONS } from '../edit/featureRef';
import {
  cellName,
  headingCells,
  rowsToShow,
  type FindingRemedy,
  type ImportColumn,
  type ImportDocument,
  type PreviewCell,
  type PreviewRow,
} from './importDocument';
import { giveAnswer, pickedRow, questions, takeBack } from './importSession';
import { findingPlace, findingTexts, isNumeric, remedyText, targetName } from './importTexts';
import { QuestionNumber } from './Questions';

const FIRST_ROWS = 7;
const MORE_ROWS = 40;
/** A sheet may have thousands of columns; each has a choice of all fields. */
const MAX_COLUMNS = 120;

export function PreviewTable({ now }: { now: ImportDocument }) {
  const [most, setMost] = useState(FIRST_ROWS);
  const table = now.tables[0];
  if (!table?.columns.length || !now.preview) return null;
  const { rows, total } = now.preview;
  const shown = rowsToShow(rows, most);
  const columns = table.columns.slice(0, MAX_COLUMNS);
  const headings = headingCells(columns);
  return (
    <div class="columns">
      <div class="columns-head">
        <h2 id="columns-title">{t('table.title')}</h2>
        <p class="note">
          {t('table.shown', { shown: shown.length, all: total })}
          {shown.length < rows.length && (
            <>
              {' · '}
              <button type="button" class="link" onClick={() => setMost(most + MORE_ROWS)}>
                {t('table.more')}
              </button>
            </>
          )}
        </p>
        <MarksKey now={now} />
      </div>
      <div class="sheet scroll" role="region" aria-labelledby="columns-title" tabIndex={0}>
        <table>
          <caption class="unseen">{t('table.caption', { file: now.file.name })}</caption>
          <thead>
            <tr class="letters">
              <td />
              {columns.map(({ column }) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
            {headings.map((cells, level) => (
              <tr class="file-headings" key={level}>
                <td>{(table.heading_rows[0] ?? 0) + level || ''}</td>
                {cells.map(({ text, span }, i) =>
                  text ? (
                    <th key={i} scope={span > 1 ? 'colgroup' : 'col'} colSpan={span} class={span > 1 ? 'shared' : undefined}>
                      {text}
                    </th>
                  ) : (
                    <td key={i} colSpan={span} />
                  ),
                )}
              </tr>
            ))}
            <tr class="targets">
              <td />
              {columns.map((column) => (
                <TargetCell key={column.column} column={column} now={now} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <RowLines key={row.row} row={row} now={now} columns={columns} sheet={table.sheet} />
            ))}
          </tbody>
        </table>
      </div>
      {columns.length < table.columns.length && <p class="note">{t('table.someColumns', { shown: columns.length, all: table.columns.length })}</p>}
      {rows.length < total && shown.length === rows.length && <p class="note">{t('table.first', { rows: rows.length })}</p>}
      <CorrectedCells now={now} />
    </div>
  );
}

/** What the marks of cells mean, with the number of each. */
function MarksKey({ now: { marks } }: { now: ImportDocument }) {
  if (!marks) return null;
  return (
    <ul class="marks-key" aria-label={t('mark.label')}>
      <li>
        <span class="mark-sample" aria-hidden="true" />
        {t('mark.understood')} {formatNumber(marks.understood)}
      </li>
      <li>
        <span class="mark-sample asked" aria-hidden="true" />
        {t('mark.asked')} {formatNumber(marks.asked)}
      </li>
      <li>
        <span class="mark-sample refused" aria-hidden="true">
          <Icon name="close" />
        </span>
        {t('mark.refused')} {formatNumber(marks.refused)}
      </li>
    </ul>
  );
}

/** Our field for a column, how sure we are of it, and a choice of all fields. */
function TargetCell({ column, now }: { column: ImportColumn; now: ImportDocument }) {
  const { field, heading } = column;
  const asked = questions.value.find(({ id, column: about }) => (column.question ? id === column.question : about === column.column));
  const named = now.fields.map(({ name }): [string, string] => [name, targetName(name, now.into, now.fields)]);
  const known = !field || named.some(([name]) => name === field);
  const options = known ? named : [[field, targetName(field, now.into)] as [string, string], ...named];
  const shown = field ? targetName(field, now.into, now.fields) : t('column.leftOut');
  return (
    <th scope="col" class={asked ? 'asked' : undefined}>
      <label class={field ? 'target' : 'target none'}>
        <span aria-hidden="true">{shown}</span>
        <Icon name="down" />
        <select
          aria-label={t('column.field', { column: column.column, heading })}
          value={field ?? ''}
          onChange={(event) => void giveAnswer({ map: { [heading]: event.currentTarget.value } })}
        >
          <option value="">{t('column.leaveOut')}</option>
          {options.map(([name, title]) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <Confidence column={column} number={asked?.number} />
    </th>
  );
}

function Confidence({ column: { field, confidence }, number }: { column: ImportColumn; number: number | undefined }) {
  if (number !== undefined) {
    return (
      <span class="confidence asked">
        <QuestionNumber number={number} /> {t('confidence.asked')}
      </span>
    );
  }
  if (!field || !confidence || confidence === 'none') return null;
  return (
    <span class={`confidence ${confidence}`}>
      {confidence === 'sure' && <Icon name="tick" />}
      {t(confidence === 'sure' ? 'confidence.sure' : 'confidence.likely')}
    </span>
  );
}

interface RowProps {
  row: PreviewRow;
  now: ImportDocument;
  columns: ImportColumn[];
  sheet: string | null;
}

function RowLines({ row, now, columns, sheet }: RowProps) {
  return (
    <>
      <tr data-row={row.row}>
        <th scope="row">{row.row}</th>
        {row.cells.slice(0, columns.length).map((cell, i) => (
          <DataCell key={columns[i]?.column ?? i} cell={cell} column={columns[i]} row={row} now={now} />
        ))}
      </tr>
      {row.finding && (
        <tr class={row.kind === 'refused' ? 'refusal' : 'refusal mild'}>
          <td />
          <td colSpan={columns.length}>
            <Finding row={row} now={now} columns={columns} sheet={sheet} />
          </td>
        </tr>
      )}
    </>
  );
}

const EMPTY = '–';

function DataCell({ cell: { text, mark }, column, row, now }: { cell: PreviewCell; column: ImportColumn | undefined; row: PreviewRow; now: ImportDocument }) {
  const field = column?.field ?? null;
  const look = [mark !== 'understood' && mark, isNumeric(field, now.fields) && 'number', !text && 'empty'].filter(Boolean).join(' ');
  const status = field === 'status' && text && now.into === INTERVENTIONS ? statusOfRow(row, now) : undefined;
  return (
    <td class={look || undefined} title={text.length > 40 ? text : undefined}>
      {mark === 'refused' && <Icon name="close" />}
      {status && <StatusSymbol group={groupOf(status)} size={12} />}
      <span>{text || EMPTY}</span>
      {mark === 'refused' && <span class="unseen">, {t('mark.refused')}</span>}
    </td>
  );
}

/** The status that the row's feature would have. */
function statusOfRow(row: PreviewRow, now: ImportDocument): string | undefined {
  if (row.kind === 'refused') return undefined; // the plan may say another one
  const change = now.outcome?.changes.find((one) => one.row === row.row);
  const said = change?.fields.find(({ field }) => field === 'status')?.to;
  return typeof said === 'string' ? said : plan.value?.byId.get(row.feature ?? '')?.status;
}

function Finding({ row, now, columns, sheet }: RowProps) {
  const finding = { ...row.finding!, sheet: row.finding!.sheet ?? sheet };
  const letters = /^[A-Z]+/.exec(finding.cell ?? '')?.[0];
  const at = columns.findIndex(({ column }) => column === letters);
  const field = columns[at]?.field;
  const texts = findingTexts({ ...finding, text: finding.text ?? row.cells[at]?.text }, field ? targetName(field, now.into, now.fields) : '');
  return (
    <div class="finding">
      <Icon name="warning" />
      <div>
        <p>
          <b>{t('finding.at', { place: findingPlace(finding, row.row) })}</b>{' '}
          {texts.map(({ text, lang }) => (
            <span key={text} lang={lang} class={lang ? 'muted' : undefined}>
              {text}{' '}
            </span>
          ))}
        </p>
        <span class="remedies">
          {(finding.remedies ?? []).map((remedy) => (
            <Remedy key={remedy.label} remedy={remedy} row={row} sheet={sheet} title={titleOfRow(row, columns)} />
          ))}
        </span>
      </div>
    </div>
  );
}

/** The row's title, else its number. */
function titleOfRow(row: PreviewRow, columns: ImportColumn[]): string {
  const at = columns.findIndex(({ field }) => field === 'title' || field === 'name');
  return row.cells[at]?.text || String(row.row);
}

function Remedy({ remedy, row, sheet, title }: { remedy: FindingRemedy; row: PreviewRow; sheet: string | null; title: string }) {
  const { text, lang } = remedyText(remedy);
  const take = () => {
    if (remedy.answer) void giveAnswer(remedy.answer);
    else pickedRow.value = { cell: cellName(sheet, String(row.row)), title };
  };
  return (
    <button type="button" class="link" lang={lang} onClick={take}>
      {text}
    </button>
  );
}

/** Cells that the person corrected here, and places of rows; each can be taken back. */
function CorrectedCells({ now: { answers } }: { now: ImportDocument }) {
  const cells = Object.entries((answers.cells ?? {}) as Record<string, unknown>);
  const places = Object.entries((answers.places ?? {}) as Record<string, unknown>);
  if (!cells.length && !places.length) return null;
  const isEmpty = (value: unknown) => value === null || value === '';
  return (
    <section class="corrected" aria-label={t('corrected.title')}>
      <h3>{t('corrected.title')}</h3>
      <ul>
        {cells.map(([name, value]) => (
          <CorrectedCell key={name} kind="cells" name={name} value={isEmpty(value) ? t('corrected.unknown') : String(value)} />
        ))}
        {places.map(([name, place]) => (
          <CorrectedCell key={name} kind="places" name={name} value={t(place ? 'corrected.place' : 'corrected.noPlace')} />
        ))}
      </ul>
    </section>
  );
}

function CorrectedCell({ kind, name, value }: { kind: 'cells' | 'places'; name: string; value: string }) {
  return (
    <li>
      {name.replace('!', ', ')}: <b>{value}</b>{' '}
      <button type="button" class="link" aria-label={t('corrected.takeBackOf', { cell: name })} onClick={() => void takeBack(kind, name)}>
        {t('corrected.takeBack')}
      </button>
    </li>
  );
}
