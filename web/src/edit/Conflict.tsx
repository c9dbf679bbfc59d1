// A conflict: two people changed the same item. Each field shows its base value, their value and mine. A field that
// only one of us changed is preset and can be switched; a field that both changed needs a choice.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Geometry } from 'geojson';
import { formatDayAndHour } from '../format';
import { language, t } from '../i18n';
import { fieldTitle, type FieldSchema } from '../model';
import { announcement } from '../state';
import { isEmpty, PropertyValue } from '../ui/Value';
import { GEOMETRY, type FieldName } from './featureChange';
import { commitMerged, keepTheirs, restoreMine, removeAnyway } from './resolveConflict';
import { openConflict, editError } from './editorState';
import { titleOfContent } from './drafts';
import { titleOfId } from './quickEdits';
import type { FieldDifference, MergeSide } from './merge';
import { describeGeometry } from './PlaceField';
import { collectionOf } from './featureRef';
import { schemaOf } from './schemas';
import { fetchHistory, type HistoryVersion } from './editApi';

export function ConflictForm() {
  const { conflict } = openConflict.value!;
  const { change, theirs, differences } = conflict;
  const heading = useRef<HTMLHeadingElement>(null);
  const [last, setLast] = useState<HistoryVersion | null>(null);
  const [choices, setChoices] = useState<ReadonlyMap<FieldName, MergeSide>>(new Map());
  const [missing, setMissing] = useState(false);
  useLayoutEffect(() => {
    heading.current?.focus();
    document.getElementById('tab-content')?.scrollTo(0, 0);
    announcement.value = t('conflict.opened');
    void fetchHistory(change.id).then((versions) => setLast(versions?.[0] ?? null));
  }, [conflict]);
  const choose = (field: FieldName, side: MergeSide) => setChoices(new Map([...choices, [field, side]]));
  const both = differences.filter(({ by }) => by === 'both');
  const undecided = both.filter(({ field }) => !choices.has(field));
  const submit = (event: Event) => {
    event.preventDefault();
    setMissing(undecided.length > 0);
    if (undecided.length) document.querySelector<HTMLElement>(`[name="choice-${undecided[0]!.field}"]`)?.focus();
    else void commitMerged(choices);
  };
  const removed = !theirs || !change.now;
  return (
    <form class="conflict form" onSubmit={submit}>
      <h1 ref={heading} tabIndex={-1}>
        {t('conflict.title', { title: (change.now && titleOfContent(change.now)) || titleOfId(change.id) })}
      </h1>
      <p>
        {!theirs ? t('conflict.theyRemoved') : !change.now ? t('conflict.iRemoved') : t('conflict.what')}{' '}
        {last && <span class="muted">{t('conflict.who', { author: last.author, when: formatDayAndHour(last.at) })}</span>}
      </p>
      {editError.value && (
        <p class="fault" role="alert">
          {editError.value}
        </p>
      )}
      {missing && undecided.length > 0 && (
        <p class="fault" role="alert">
          {t('conflict.missing', { count: undecided.length })}
        </p>
      )}
      {differences.map((one) => (
        <DifferenceChoice key={one.field} one={one} chosen={choices.get(one.field) ?? null} choose={choose} fixed={removed} />
      ))}
      <div class="actions sticky">
        {!theirs ? (
          <button type="button" class="button primary" onClick={() => void restoreMine()}>
            {t('conflict.makeAgain')}
          </button>
        ) : !change.now ? (
          <button type="button" class="button danger" onClick={() => void removeAnyway()}>
            {t('conflict.removeAnyway')}
          </button>
        ) : (
          <button type="submit" class="button primary">
            {t('conflict.save')}
          </button>
        )}
        <button type="button" class="button" onClick={() => void keepTheirs()}>
          {t('conflict.keepTheirs')}
        </button>
        <button type="button" class="button" onClick={() => (openConflict.value = null)}>
          {t('conflict.later')}
        </button>
      </div>
    </form>
  );
}

interface DifferenceProps {
  one: FieldDifference;
  chosen: MergeSide | null;
  choose: (field: FieldName, side: MergeSide) => void;
  /** True when one side removed the item, so that there is nothing to choose. */
  fixed: boolean;
}

function DifferenceChoice({ one, chosen, choose, fixed }: DifferenceProps) {
  const { field, base, mine, theirs, by } = one;
  const schema = schemaOf(collectionOf(openConflict.value?.conflict.change.id ?? ''))?.properties?.[field];
  const side = chosen ?? (by === 'both' ? null : by === 'me' ? 'mine' : 'theirs');
  const note = by === 'both' ? t('conflict.both') : by === 'me' ? t('conflict.onlyMe') : t('conflict.onlyThem');
  const option = (which: MergeSide, value: unknown) => (
    // biome-ignore lint/a11y/noLabelWithoutControl: where one side has no version there is nothing to choose, and the text stands alone
    <label class={`version ${side === which ? 'taken' : ''}`}>
      {!fixed && <input type="radio" name={`choice-${field}`} checked={side === which} onChange={() => choose(field, which)} />}
      <span>
        <span class="muted">{which === 'mine' ? t('conflict.mine') : t('conflict.theirs')}</span>
        <FieldValue field={field} schema={schema} value={value} />
      </span>
    </label>
  );
  return (
    <fieldset class={`difference ${by === 'both' ? 'contested' : ''}`}>
      <legend>
        {fieldTitle(schema, field, language.value)} <span class="note">{note}</span>
      </legend>
      <div class="version before">
        <span>
          <span class="muted">{t('conflict.base')}</span>
          <FieldValue field={field} schema={schema} value={base} />
        </span>
      </div>
      {option('theirs', theirs)}
      {option('mine', mine)}
    </fieldset>
  );
}

/** A value as the detail shows it; an empty value is said in words. */
export function FieldValue({ field, schema, value }: { field: FieldName; schema: FieldSchema | undefined; value: unknown }) {
  if (field === GEOMETRY) return <span>{describeGeometry(value as Geometry | null)}</span>;
  if (isEmpty(value)) return <span class="none">{t('value.none')}</span>;
  return (
    <span class="shown">
      <PropertyValue schema={schema} value={value} />
    </span>
  );
}
