// The filters that are collapsed by default: single statuses, functions, objectives, years.
import { t, type MessageKey } from '../i18n';
import { activeParts } from '../plan';
import { filter, setYears, yearCounts, toggleFilterValue, totals } from '../state';
import { Icon } from './Icon';
import { ColourChooser } from './Legend';
import { OrderChooser } from './List';
import { conceptIds, codeLabel, fieldName } from './labels';

export function FilterBar() {
  return (
    <div class="filters">
      <FilterDetails />
      <OrderChooser />
    </div>
  );
}

export function FilterDetails() {
  const active = activeParts(filter.value).filter((part) => part !== 'city' && part !== 'text');
  return (
    <details class="more-filters">
      <summary>
        <Icon name="filter" />
        {t('filter.more')}
        {active.length > 0 && <span class="badge">{active.length}</span>}
        <Icon name="down" />
      </summary>
      <FilterChoices part="functions" vocabulary="function" legend={fieldName('functions')} />
      <FilterChoices part="objectives" vocabulary="objective" legend={fieldName('objectives')} short />
      <FilterChoices part="statuses" vocabulary="status" legend={fieldName('status')} />
      <YearInputs />
      <ColourChooser id="colour" />
    </details>
  );
}

interface FilterChoicesProps {
  part: 'statuses' | 'objectives' | 'functions';
  vocabulary: string;
  legend: string;
  /** The code stands before a long label. */
  short?: boolean;
}

function FilterChoices({ part, vocabulary, legend, short }: FilterChoicesProps) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      <div class={short ? 'choices tall' : 'choices'}>
        {conceptIds(vocabulary).map((id) => (
          <label key={id} class="choice">
            <input type="checkbox" checked={filter.value[part].has(id)} onChange={() => toggleFilterValue(part, id)} />
            <span>
              {short && <b>{id} </b>}
              {codeLabel(vocabulary, id)}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function YearInputs() {
  const { from, to } = filter.value;
  const shown = yearCounts.value.map(({ year }) => year);
  const active = from !== null || to !== null;
  const select = (id: string, name: MessageKey, value: number | null, set: (year: number | null) => void) => (
    <label class="select labelled">
      <span>{t(name)}</span>
      <select id={id} value={value ?? ''} onChange={(event) => set(Number(event.currentTarget.value) || null)}>
        <option value="">{t('year.any')}</option>
        {years(shown, value).map((year) => (
          <option key={year} value={year}>
            {year}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </label>
  );
  return (
    <fieldset>
      <legend>{t('year.legend')}</legend>
      <div class="pair">
        {select('from', 'year.from', from, (year) => setYears(year, to))}
        {select('to', 'year.to', to, (year) => setYears(from, year))}
      </div>
      <p class="note">{active ? t('year.left', { count: totals.value.count }) : t('year.note')}</p>
    </fieldset>
  );
}

/** The year options include the selected year even where nothing runs in it. */
function years(shown: number[], chosen: number | null): number[] {
  return chosen === null || shown.includes(chosen) ? shown : [...shown, chosen].sort((a, b) => a - b);
}
