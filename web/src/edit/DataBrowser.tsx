// Edits collections other than interventions: choose a collection, then an item from the list or by a tap on the map.
// The form follows the collection's schema.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { address, readJson, type FeatureItem } from '../api';
import { tapHandler } from '../draw/drawing';
import { outlineAt } from '../draw/nearest';
import { foldText, matchesWords, searchWords } from '../textSearch';
import { formatDayAndHour } from '../format';
import { language, t } from '../i18n';
import { conceptLabel, inLanguage, vocabularyOf, type FieldSchema } from '../model';
import { announcement, cityName, filter, model, plan, mainMap } from '../state';
import { changedArea } from '../state/planChanges';
import { Icon } from '../ui/Icon';
import { browsedCollection, drafts, itemListCache, otherDataVersion, pendingChanges } from './editorState';
import { editItem, isTouched, startDraftIn, titleOfContent } from './drafts';
import { applyPending } from './pendingItems';
import { INTERVENTIONS, refOf } from './featureRef';
import { loadSchema, schemaOf } from './schemas';
import { contentOf, fetchFindings, fetchMayAdd, fetchMayChange } from './editApi';

/** Collections that planners draw, listed first. */
const FIRST_COLLECTIONS = ['areas', 'segments', 'facilities', 'premises'];
/** Contributions of residents are moderated elsewhere. */
const HIDDEN_COLLECTIONS = [INTERVENTIONS, 'contributions'];
const MAX_ITEMS = 500;
const REACH_PX = 14;

export const titleOfCollection = (schema: FieldSchema | undefined, id: string) =>
  inLanguage(schema?.['x-cityheart-title'], language.value) ?? schema?.title ?? id;

export function DataBrowser() {
  const heading = useRef<HTMLHeadingElement>(null);
  const [collections, setCollections] = useState(knownCollections);
  const chosen = browsedCollection.value || collections[0] || '';
  useLayoutEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    let here = true;
    void loadEditableCollections().then((ids) => here && setCollections(ids));
    return () => {
      here = false;
    };
  }, []);
  return (
    <section class="data form" aria-labelledby="data-title">
      <div class="way">
        <button type="button" class="link" onClick={() => (browsedCollection.value = null)}>
          <Icon name="back" />
          {t('data.leave')}
        </button>
      </div>
      <h1 ref={heading} id="data-title" tabIndex={-1}>
        {t('data.title')}
      </h1>
      <div class="field">
        <label for="data-collection">{t('data.collection')}</label>
        <span class="select full">
          <select id="data-collection" value={chosen} onChange={(event) => (browsedCollection.value = event.currentTarget.value)}>
            {collections.map((id) => (
              <option key={id} value={id}>
                {titleOfCollection(schemaOf(id), id)}
              </option>
            ))}
          </select>
          <Icon name="down" />
        </span>
      </div>
      {chosen && <CollectionItems key={chosen} collection={chosen} />}
    </section>
  );
}

/** As they were last loaded, so that they are available without a connection. */
let knownCollections: string[] = [];

async function loadEditableCollections(): Promise<string[]> {
  const answer = await fetch(address('api/collections?f=json')).catch(() => null);
  if (!answer?.ok) return knownCollections;
  const body = await readJson<{ collections: { id: string }[] }>(answer);
  if (!body) return knownCollections;
  const rank = (id: string) => (FIRST_COLLECTIONS.includes(id) ? FIRST_COLLECTIONS.indexOf(id) : FIRST_COLLECTIONS.length);
  const ids = body.collections.map(({ id }) => id).filter((id) => !HIDDEN_COLLECTIONS.includes(id));
  await Promise.all(ids.map(loadSchema));
  knownCollections = ids.sort((a, b) => rank(a) - rank(b));
  return knownCollections;
}

/** The items of a collection, of the chosen city where they belong to cities. */
function CollectionItems({ collection }: { collection: string }) {
  const { city } = filter.value;
  const schema = schemaOf(collection);
  const ofCity = Boolean(schema?.properties?.city && city);
  const name = `${collection} ${ofCity ? city : ''}`;
  const [list, setList] = useState<FeatureItem[] | null>(itemListCache.get(name) ?? null);
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const [refused, setRefused] = useState('');
  // Reloads after a change of one's own and when others change an item of it.
  const round = otherDataVersion.value;
  const feedChange = changedArea.value?.collection === collection ? changedArea.value : null;
  useEffect(() => {
    let here = true;
    void fetchMayAdd(collection).then((may) => here && setOpen(may !== false));
    // Without a response the list stays as it was.
    setList(itemListCache.get(name) ?? null);
    void loadCollectionItems(collection, ofCity ? city : '').then((found) => {
      if (found) itemListCache.set(name, found);
      if (found && here) setList(found);
    });
    return () => {
      here = false;
    };
  }, [name, round, feedChange]);
  const begin = async (item: FeatureItem) => {
    const id = String(item.id);
    const ref = refOf(collection, id);
    if (unsent.has(ref) || (await fetchMayChange(ref)) !== false) return editItem(ref, contentOf(item, collection));
    setRefused(id);
    announcement.value = t('data.cannot');
  };
  const unsent = new Set(pendingChanges.value.flatMap(({ changes }) => changes.map((one) => one.id)));
  const all = useMemo(
    () => applyPending(list ?? [], pendingChanges.value, collection, ({ properties }) => !ofCity || properties.city === city),
    [list, pendingChanges.value, name],
  );
  const placed = all.flatMap((item) => (item.geometry ? [{ item, geometry: item.geometry }] : []));
  useEffect(() => {
    if (!placed.length) return;
    const tapped = (at: number[]) => {
      const map = mainMap.peek();
      const one = map && outlineAt(placed, at, (place) => map.project([place[0]!, place[1]!]), REACH_PX);
      if (one) void begin(one.item);
      else announcement.value = t('place.pickNone');
    };
    tapHandler.value = tapped;
    return () => {
      if (tapHandler.peek() === tapped) tapHandler.value = null;
    };
  }, [all]);
  const wanted = searchWords(text);
  const shown = all.filter((item) => matchesWords(foldText(`${item.id} ${itemTitle(item)}`), wanted));
  return (
    <>
      {open && (
        <button type="button" class="button" id="data-new" onClick={() => startDraftIn(collection)}>
          <Icon name="plus" />
          {t('data.new')}
        </button>
      )}
      <div class="field">
        <label for="data-search">{t('data.search')}</label>
        <input id="data-search" class="input" type="search" autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <p class="help">
          {[ofCity && cityName(plan.value?.cities.get(city)), t('data.count', { count: shown.length }), placed.length > 0 && mainMap.value && t('data.tap')]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </div>
      <CollectionFindings collection={collection} version={all} />
      <ul class="rows">
        {shown.map((item) => (
          <li key={item.id}>
            <button type="button" class="row thing" data-id={item.id} onClick={() => void begin(item)}>
              <span class="what">
                <span class="title">{itemTitle(item)}</span>
                <span class="sub">{itemSubtitle(item, schema)}</span>
                <LocalNote id={refOf(collection, String(item.id))} unsent={unsent} />
              </span>
            </button>
            {refused === item.id && <p class="hint">{t('data.cannot')}</p>}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Warns of what the map and the list do not show of the collection. The sentences are the server's, in English. */
function CollectionFindings({ collection, version }: { collection: string; version: unknown }) {
  const [findings, setFindings] = useState<string[]>([]);
  useEffect(() => {
    let here = true;
    void fetchFindings(collection).then((found) => here && setFindings(found));
    return () => {
      here = false;
    };
  }, [collection, version]);
  if (!findings.length) return null;
  return (
    <section class="hint" aria-label={t('data.findings')}>
      <p>{t('data.findings')}</p>
      <ul lang="en">
        {findings.map((message) => (
          <li key={message}>{message}</li>
        ))}
      </ul>
    </section>
  );
}

/** Says that this device has a draft or a pending change of the item. */
function LocalNote({ id, unsent }: { id: string; unsent: ReadonlySet<string> }) {
  const left = drafts.value.find((one) => one.key === id && isTouched(one));
  if (!left && !unsent.has(id)) return null;
  return <span class="note">{left ? t('draft.here', { when: formatDayAndHour(left.at) }) : t('waiting.this')}</span>;
}

const itemTitle = ({ id, properties }: FeatureItem) => titleOfContent({ geometry: null, properties }) || String(id);

/** The item's city and the labels of its coded fields. */
function itemSubtitle({ properties }: FeatureItem, schema: FieldSchema | undefined): string {
  const choices = Object.entries(schema?.properties ?? {}).filter(([name, field]) => field.enum && properties[name] && name !== 'location_precision');
  const said = choices.map(([name, field]) =>
    conceptLabel(model.value ? vocabularyOf(model.value, field) : undefined, String(properties[name]), language.value),
  );
  const city = filter.value.city ? '' : cityName(plan.value?.cities.get(String(properties.city ?? '')));
  return [...said, city].filter(Boolean).join(' · ');
}

/** Loads the items; of a large collection those in the map's view. Null without a response. */
async function loadCollectionItems(collection: string, city: string): Promise<FeatureItem[] | null> {
  const mapBounds = mainMap
    .peek()
    ?.getBounds()
    .toArray()
    .flat()
    .map((degrees) => degrees.toFixed(5))
    .join();
  const ask = async (more: string) => {
    const answer = await fetch(address(`api/collections/${encodeURIComponent(collection)}/items?limit=${MAX_ITEMS}&f=json${more}`)).catch(() => null);
    return answer?.ok ? readJson<{ features: FeatureItem[]; numberMatched?: number }>(answer) : null;
  };
  const whole = await ask(city ? `&city=${encodeURIComponent(city)}` : '');
  if (!whole || (whole.numberMatched ?? 0) <= MAX_ITEMS || !mapBounds) return whole?.features ?? null;
  return (await ask(`&bbox=${mapBounds}`))?.features ?? whole.features;
}
